"""Where the command speaks: results to stdout, what it is doing to stderr."""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """One line on what is being done: whatever takes more than two seconds is announced like this."""
    err.print(f"· {line}", markup=False, style="dim", soft_wrap=True)


def result(line: str = "") -> None:
    """Part of the answer to what was asked; may hold rich markup."""
    out.print(line, soft_wrap=True)
