"""A plan as one DuckDB SELECT: `relations` is the door, `scalars` its expressions,
the rest a kind of node or value each."""
