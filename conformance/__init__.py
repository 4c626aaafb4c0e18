"""Suites, data and servers that prove one contract on every store; `python -m conformance`."""
