"""`prflow teams`: list, rename, merge, pause, export and delete teams."""
