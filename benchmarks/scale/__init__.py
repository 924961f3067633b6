"""`python -m benchmarks.scale`: a quiet and a busy night of a team of any size, with its data files on S3."""
