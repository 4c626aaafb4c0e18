"""Tables, columns, keys, indexes and statistics as the stores report them."""
