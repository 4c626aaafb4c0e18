"""A sqllogictest runner: parse files, run records on a backend, compare, report."""
