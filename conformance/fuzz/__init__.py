"""A differential fuzzer: the same random statement on DuckDB and on a store in every mode."""
