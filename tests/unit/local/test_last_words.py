"""The reason is found among what a process wrote before it ended."""

from __future__ import annotations

import json

import pytest

from deploy.local.last_words import last_words

TRACEBACK = "Traceback (most recent call last):\n  File x\n    y()\nValueError: the tables are missing\n"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "it said nothing"),
        (["INFO:     Started server process [1]"], "it said nothing"),
        (['ERROR:    Could not import module "a.b".'], 'Could not import module "a.b".'),
        (TRACEBACK.splitlines(), "ValueError: the tables are missing"),
        (
            [
                json.dumps({"event": TRACEBACK, "level": "error"}),
                json.dumps({"event": "Application startup failed. Exiting.", "level": "error"}),
                json.dumps({"event": "service.stopping", "level": "info"}),
            ],
            "ValueError: the tables are missing",
        ),
        (
            ["The settings are wrong:", "- A must be long", "- B is missing"],
            "The settings are wrong: A must be long; B is missing",
        ),
    ],
)
def test_the_reason_is_one_line(lines: list[str], reason: str) -> None:
    assert last_words("\n".join(lines)) == reason
