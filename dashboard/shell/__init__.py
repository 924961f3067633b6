"""What surrounds every page: menu, filters, banner, security."""
