"""What is said of a file on which the reading child died."""

import signal

import pytest

from services.ingest.reading.process import ReaderKilled, ReadingLimits, cause_of_death

LIMITS = ReadingLimits(memory_bytes=64 * 1024**2, cpu_seconds=9, max_text_chars=1000)


@pytest.mark.parametrize(
    ("code", "errors", "problem", "said"),
    [
        (-signal.SIGXCPU, "", "too_large", "more than 9 seconds"),
        (-signal.SIGABRT, "", "too_large", "more than 64 MB"),
        (-signal.SIGVTALRM, "", "too_large", "more time than a workbook of its size may"),
        (1, "Traceback …\nMemoryError\n", "too_large", "more than 64 MB"),
        (-signal.SIGSEGV, "", "unreadable", "crashed on it (SIGSEGV)"),
        (-signal.SIGBUS, "", "unreadable", "when its 64 MB of memory are used up"),
        (1, "Traceback …\nValueError: no such sheet\n", "unreadable", "ValueError: no such sheet"),
        (3, "", "unreadable", "exit status 3"),
    ],
)
def test_the_way_it_died_says_what_is_wrong_with_the_file(code: int, errors: str, problem: str, said: str) -> None:
    """Red when a limit that was met reads as damage, or a crash as a bare number."""
    found = cause_of_death(code, errors, LIMITS)
    assert found.code == problem
    assert said in found.detail


def test_a_child_that_somebody_killed_is_not_held_against_the_file() -> None:
    """Red when a kill refuses the file: it would be lost to whoever restarts a machine."""
    with pytest.raises(ReaderKilled):
        cause_of_death(-signal.SIGKILL, "", LIMITS)
