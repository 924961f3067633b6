"""One folder per page: the page itself, and the panels only it has."""
