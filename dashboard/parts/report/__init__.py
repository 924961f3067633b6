"""The Overview of a period as one HTML file for a mail or a board: no script, nothing from elsewhere."""
