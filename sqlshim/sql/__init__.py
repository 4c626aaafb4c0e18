"""SQL text into sqlglot's tree: placeholders made uniform, syntax errors made ours."""
