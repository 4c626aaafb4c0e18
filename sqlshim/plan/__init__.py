"""The planner: `optimize` rewrites a bound plan, `split` decides which store runs which part."""
