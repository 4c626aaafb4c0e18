"""The command line and the REPL. Nothing here is imported by the library itself."""
