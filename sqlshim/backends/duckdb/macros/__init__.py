"""What DuckDB's own functions do otherwise than PostgreSQL's, as macros; `install` creates them."""
