"""What the forms of set-up and Settings share."""
