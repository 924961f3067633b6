"""Benchmarks of speed, cost, reliability and the quality of the analysis.

Machines are shared, so speed is given as ratios within one run.
"""
