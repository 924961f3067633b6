"""The frame of every page: menu, filters, banner, security."""
