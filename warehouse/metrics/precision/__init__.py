"""How exact a number is, and whether a change is more than noise."""
