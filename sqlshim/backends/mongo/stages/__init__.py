"""Relations as stages of a pipeline, a module for each kind of node."""
