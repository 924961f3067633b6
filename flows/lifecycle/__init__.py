"""What every deployment shares: begin, stages, end, hooks."""
