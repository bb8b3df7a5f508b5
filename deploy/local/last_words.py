"""Why a process ended, in its own words: the one line of its log that says so."""

from __future__ import annotations

import json

NO_REASON = ("Application startup failed. Exiting.", "Traceback (most recent call last):")


def last_words(log: str) -> str:
    """The last line that gives a reason; of a list, the list with its heading; of a logged traceback, its last line."""
    lines = [reason for line in log.splitlines() if (reason := _reason_in(line))]
    if not lines:
        return "it said nothing"
    points: list[str] = []
    while lines and lines[-1].startswith("- "):
        points.insert(0, lines.pop().removeprefix("- "))
    if not points:
        return lines[-1]
    heading = lines[-1] if lines and lines[-1].endswith(":") else ""
    return f"{heading} {'; '.join(points)}".strip()


def _reason_in(line: str) -> str:
    """The message of a structured line, the text of a plain one; nothing of what only reports progress."""
    text = line
    if line.startswith("{"):
        try:
            told = json.loads(line)
        except ValueError:
            return ""
        if told.get("level") == "info":
            return ""
        text = str(told.get("event", ""))
    last = next((part.strip() for part in reversed(text.splitlines()) if part.strip()), "")
    return "" if last in NO_REASON or last.startswith("INFO:") else last.removeprefix("ERROR:").strip()
