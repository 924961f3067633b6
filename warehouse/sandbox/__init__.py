"""Other people's SQL over the warehouse: one statement, read-only, in a process of its own, within bounds.

`parent.run_query` is what the command line and the dashboard call. `gate` decides from the parsed statement what may
run, `child` runs it on a connection that is locked beforehand: no other file, no network, no setting can be reached.
"""
