"""Access paths: what CQL can say of a WHERE, and which way to the rows is the best.
`union` is the door."""
