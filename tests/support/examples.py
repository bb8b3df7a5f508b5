"""The answers that the API's description shows as examples, for fakes of the API."""

from __future__ import annotations

import copy
import functools
import json
from typing import Any

from libs.client.generate import DOCUMENT


@functools.cache
def _examples() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text("utf-8"))["components"]["examples"]


def example(name: str, **changes: Any) -> dict[str, Any]:
    """What a schema of the API looks like when it is filled, with some fields of the test's own."""
    return {**copy.deepcopy(_examples()[name]["value"]), **changes}
