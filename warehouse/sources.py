"""What readers of the warehouse need to know about the outside systems that fill it."""

from datetime import timedelta

# A token that expires sooner than this is warned of, at the start of a sync and on the dashboard.
TOKEN_EXPIRY_WARNING = timedelta(days=7)
