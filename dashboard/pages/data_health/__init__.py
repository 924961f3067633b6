"""The page Data health & sync."""
