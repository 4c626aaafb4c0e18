"""What a database holds: tables, columns, statistics."""
