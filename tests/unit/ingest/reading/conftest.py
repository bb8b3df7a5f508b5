"""A reader of bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.ingest.reading.steps import LIMIT, Read, Reader, read_at


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads bytes as a file."""

    def run(content: bytes, *, max_text_chars: int = LIMIT, **options: Any) -> Read:
        path = tmp_path / "file"
        path.write_bytes(content)
        return read_at(path, max_text_chars=max_text_chars, **options)

    return run
