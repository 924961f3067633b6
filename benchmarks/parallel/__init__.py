"""What a second process of one team brings, and what runs that wait cost Prefect's server."""
