"""The hours that campaigns of tests are given: they must send whenever tests run."""

from typing import Any

ANY_HOUR: dict[str, Any] = {"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00", "skip_holidays": False}
