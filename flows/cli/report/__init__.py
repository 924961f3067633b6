"""`prflow report`: the Overview of a period as one HTML file."""
