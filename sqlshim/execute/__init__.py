"""Running prepared plans: streams of stores through the local engine, and writes."""
