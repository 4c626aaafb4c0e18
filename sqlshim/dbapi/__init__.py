"""The PEP 249 face: connections, cursors, type objects."""
