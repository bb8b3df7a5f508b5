"""The audit log says in words what somebody did: each operation that changes something has its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from services.gateway.public_api import PATH

DEEDS = Path(__file__).parents[2] / "frontend" / "src" / "features" / "settings" / "deeds.ts"


def test_each_deed_has_words_and_no_words_are_of_a_deed_that_is_gone() -> None:
    """Red when an operation is added or renamed, and the log would show its code."""
    paths = json.loads(PATH.read_bytes())["paths"]
    changing = {
        operation["operationId"]
        for item in paths.values()
        for method, operation in item.items()
        if method in {"post", "put", "patch", "delete"}
    }
    assert set(re.findall(r"^  (\w+): \"", DEEDS.read_text(), re.MULTILINE)) == changing
