"""Named reads by the page or use that asks for them."""
