# make demo    a prompt on sample data        make test    everything, on real servers
# Needs Python 3.11 or newer; PYTHON=… chooses one. Nothing is installed outside .venv, except a
# Java and Maven for the tests by root on Debian.

SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
PIP   := $(BIN)/python -m pip --disable-pip-version-check
ARGS  ?=

# The first Python that is new enough.
NEW_ENOUGH := import sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)

.PHONY: demo test test-slow lint format fetch lock clean

demo: $(VENV)/.demo
	@$(BIN)/python -m sqlshim.demo

test: lint fetch
	@$(BIN)/python -m conformance servers run mongo cassandra -- $(BIN)/python -m pytest $(ARGS)

# They start three-node servers and older ones of their own.
test-slow: fetch
	@$(BIN)/python -m pytest -m slow $(ARGS)

lint: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.test
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

# What the servers are made of; cached, so that a second run downloads nothing.
fetch: $(VENV)/.test
	@$(BIN)/python -m conformance servers fetch

$(VENV)/.venv:
	@test -n "$(PYTHON)" || { echo "sqlshim needs Python 3.11 or newer with its venv module" \
		"(on Debian: python3-venv); say PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make virtual environments: on Debian" \
		"install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.demo: $(VENV)/.venv pyproject.toml constraints.txt
	@echo "installing sqlshim into $(VENV)"
	@$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/.venv pyproject.toml constraints.txt
	@echo "installing sqlshim and what its tests need into $(VENV)"
	@$(PIP) install -q -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.demo

# The versions that are known to work together, from a fresh environment.
lock:
	@rm -rf $(VENV)/lock && $(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip --disable-pip-version-check install -q -e '.[test]'
	@{ echo "# Versions that work together, made by \`make lock\`."; \
	   $(VENV)/lock/bin/python -m pip --disable-pip-version-check freeze --exclude-editable; \
	 } > constraints.txt
	@rm -rf $(VENV)/lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
