"""What a team has decided for itself: its rules, its zone and working hours, what it counts and leaves out."""
