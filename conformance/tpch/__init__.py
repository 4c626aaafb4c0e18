"""TPC-H: data for every store from one generator, and the 22 queries checked against DuckDB."""
