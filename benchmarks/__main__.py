"""`python -m benchmarks NAME [--json]`: runs one benchmark and prints its figures."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys

from benchmarks.figures import Figure, print_table, to_json_line


def main(arguments: list[str]) -> int:
    """1 when a figure misses its goal, so that a script can tell."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    module = importlib.import_module(f"benchmarks.{names[0].replace('-', '_')}")
    found = asyncio.run(module.run()) if inspect.iscoroutinefunction(module.run) else module.run()
    figures: list[Figure] = list(found)
    if "--json" in arguments:
        for figure in figures:
            print(to_json_line(figure))
    else:
        print_table(figures)
    return 0 if all(figure.holds is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
