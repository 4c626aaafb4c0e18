"""Queries: WITH, FROM, GROUP BY, windows, set operations, ORDER BY and LIMIT,
each in its module."""
