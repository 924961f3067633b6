"""The processes behind `prflow up` and `prflow demo`."""
