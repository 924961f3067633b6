"""Take away one thing after another in mid-run, with two plain workers on PostgreSQL and S3."""
