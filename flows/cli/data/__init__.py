"""Commands that take a warehouse along: export, back up, restore, move."""
