"""Which revision of its schema a service's code expects. Alembic itself would cost every service its memory for one name."""

import re
from pathlib import Path

_SERVICES = Path(__file__).resolve().parents[2] / "services"
_DATED = re.compile(r"\d{4}_\d{2}_\d{2}_(?P<revision>\d{4})_\w+\.py")


def newest_revision(service: str) -> str | None:
    """The greatest number among its migrations' names (`2026_11_22_0001_first.py`); None for a service without any."""
    files = (_SERVICES / service / "migrations" / "versions").glob("*.py")
    return max((found["revision"] for file in files if (found := _DATED.fullmatch(file.name))), default=None)
