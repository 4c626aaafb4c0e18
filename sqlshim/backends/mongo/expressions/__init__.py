"""Scalars as aggregation expressions, a module for each kind of value."""
