"""sqlglot's tree into typed IR: names, types, nullability, aggregation."""
