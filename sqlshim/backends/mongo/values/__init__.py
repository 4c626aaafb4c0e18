"""Values and rows between BSON and SQL."""
