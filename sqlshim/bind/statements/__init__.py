"""Statements that are not queries, and the door of those that are."""
