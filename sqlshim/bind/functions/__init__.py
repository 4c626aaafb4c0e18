"""Operators and functions whose binding is more than picking arguments. `nodes` names
the plain ones."""
