"""Named reads: the questions that pages ask, as SQL, one module per page or use.

Every read returns the rows of one team and takes its values as parameters. Nothing here writes, computes a
metric, or knows who asks.
"""
