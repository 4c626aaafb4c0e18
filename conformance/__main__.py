"""`python -m conformance [servers|tpch|bench|fuzz] …`: the first word chooses the command."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "servers": "conformance.servers.cli",
    "tpch": "conformance.tpch.cli",
    "bench": "conformance.bench.cli",
    "fuzz": "conformance.fuzz.cli",
    "portable": "conformance.portable",
}


def main(argv: Sequence[str]) -> int:
    """Import a command only when it is asked for: each needs drivers that others don't."""
    command, rest = (argv[0], argv[1:]) if argv and argv[0] in COMMANDS else ("", argv)
    module = importlib.import_module(COMMANDS.get(command, "conformance.cli"))
    code: int = module.main(list(rest))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
