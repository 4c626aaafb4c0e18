"""Values and rows between CQL's types and SQL's."""
