"""Benchmarks: what sqlshim needs beside the same work written by hand, side by side in one run."""
