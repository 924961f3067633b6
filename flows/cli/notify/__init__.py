"""The commands below `prflow notify`."""
