"""Speed and memory, as ratios within one run: machines are shared, so a figure alone says little."""
