"""Print benchmark tables: ``python -m benchmarks [lookup] [accuracy]``; all by default."""

from __future__ import annotations

import sys
from importlib import import_module

TABLES = ("lookup", "accuracy")
"""Modules of this folder whose main() prints a table in Markdown."""


def main() -> None:
    wanted = sys.argv[1:] or TABLES
    unknown = [name for name in wanted if name not in TABLES]
    if unknown:
        sys.exit(f"No benchmark is called {unknown[0]!r}; there are {', '.join(TABLES)}.")
    for name in wanted:
        sys.argv = [name]  # each module reads options of its own
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
