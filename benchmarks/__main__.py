"""Print benchmark tables: ``python -m benchmarks [lookup] [accuracy] [large]``.

By default the first two.
"""

from __future__ import annotations

import sys
from importlib import import_module

TABLES = ("lookup", "accuracy")
"""Modules of this folder whose main() prints a table in Markdown."""

ON_REQUEST = ("large",)
"""Those that take long or much room, and only run when named."""


def main() -> None:
    wanted = sys.argv[1:] or TABLES
    all_tables = TABLES + ON_REQUEST
    unknown = [name for name in wanted if name not in all_tables]
    if unknown:
        sys.exit(f"No benchmark is called {unknown[0]!r}; there are {', '.join(all_tables)}.")
    for name in wanted:
        sys.argv = [name]  # each module reads options of its own
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
