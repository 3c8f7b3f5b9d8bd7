"""Print benchmark tables.

python -m benchmarks              # those of TABLES
python -m benchmarks NAME ...     # those named
python -m benchmarks NAME --help  # what a table can be told
"""

from __future__ import annotations

import sys
from importlib import import_module

TABLES = ("lookup", "accuracy", "reduction")
"""Modules of this folder whose main() prints tables."""

ON_REQUEST = ("cells", "goals", "neighborhood", "figures", "large", "nodes", "spaces", "together")
"""Those that are part of another, take long or much room: they only run when named."""


def main() -> None:
    """Run the tables that are named; what comes after the first option goes to each of them."""
    arguments = sys.argv[1:]
    first = next((i for i, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names, options = arguments[:first] or TABLES, arguments[first:]
    known = TABLES + ON_REQUEST
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"No benchmark is called {unknown[0]!r}; there are {', '.join(known)}.")
    for name in names:
        sys.argv = [name, *options]  # each module reads options of its own
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
