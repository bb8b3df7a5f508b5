"""Hostile files are refused by name, by the child with the limits that a small file has; the parent never notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.domain.uploads import Problem
from services.ingest.reading.process import SMALL_FILE_BYTES, SMALL_FILE_MEMORY_BYTES, ReadingLimits, read_file
from tests.unit.ingest.reading.hostile import HOSTILE, Generator, shared_string_bomb

LIMITS = ReadingLimits(memory_bytes=3 * 1024**3 // 2, cpu_seconds=60, max_text_chars=10**9)


@pytest.mark.parametrize(("make", "codes"), HOSTILE.items(), ids=lambda part: getattr(part, "__name__", ""))
async def test_it_is_refused_by_name(make: Generator, codes: frozenset[str], tmp_path: Path) -> None:
    """Red when a file eats the machine's memory or time, or is refused without a name."""
    path = tmp_path / "file"
    path.write_bytes(make())
    findings = [finding async for finding in read_file(path, LIMITS)]
    problem = findings[-1]
    assert isinstance(problem, Problem), problem
    assert problem.code in codes, problem
    assert problem.detail.endswith(".")


async def test_a_small_file_is_read_with_the_small_limit(tmp_path: Path) -> None:
    """Red when the child is given the memory of large files whatever it reads."""
    path = tmp_path / "file"
    path.write_bytes(shared_string_bomb())
    *_, problem = [finding async for finding in read_file(path, LIMITS)]
    assert isinstance(problem, Problem)
    assert "512 MB" in problem.detail


def test_a_small_file_has_the_small_limit() -> None:
    """Red when a few kilobytes may take the memory that a million rows need."""
    assert LIMITS.for_file(SMALL_FILE_BYTES - 1).memory_bytes == SMALL_FILE_MEMORY_BYTES
    assert LIMITS.for_file(SMALL_FILE_BYTES) == LIMITS
    small = ReadingLimits(memory_bytes=128 * 1024**2, cpu_seconds=1, max_text_chars=1)
    assert small.for_file(1) == small
