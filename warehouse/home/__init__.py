"""The folder and the catalog that hold the warehouse: how they are found, and what is wrong with them."""
