"""The documents that GitHub is asked, one module per kind of object."""
