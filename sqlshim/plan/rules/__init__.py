"""The rewriting rules, one a file: each a pure function from relation to relation."""
