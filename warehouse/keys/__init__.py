"""Keys of the API: what is stored of them, and what each may read."""
