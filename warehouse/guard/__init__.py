"""What stands between the warehouse and hostile text, secrets, and values that no column can hold."""
