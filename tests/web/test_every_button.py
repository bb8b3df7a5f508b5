"""Last of a run of all of tests/web: has each button been pressed, and what it did been looked at?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.test_web_reaches import reached
from tests.web.pressed import CHANGES, Pressed, operation_of

HERE = Path(__file__).parent


def _changes() -> set[str]:
    """What the web app's sources ask for that changes something: each of it is a button's, or a form's."""
    return {operation for operation in reached() if operation.split(" ")[0] in CHANGES}


def test_every_button_is_pressed_and_its_effect_read_back(request: pytest.FixtureRequest, pressed: Pressed) -> None:
    """Red when a page offers something that changes data and no test here presses it, sees it succeed and then looks by the
    API (or in the sandbox's inbox) what came of it. `tests/web/pressed.py` watches. Nothing is said of a run of a part."""
    files = {item.path for item in request.session.items}
    if set(HERE.glob("test_*.py")) - files or request.session.testsfailed or request.config.getoption("keyword"):
        pytest.skip(reason="a part of tests/web, or a failed test, says nothing of the buttons of the rest")
    missing = sorted(_changes() - pressed.read_back)
    assert not missing, "no test presses these and reads back what came of it:\n" + "\n".join(missing)


def test_an_address_is_told_from_another_that_looks_alike() -> None:
    """Red when pressing one button counts for another."""
    assert operation_of("POST", "/v1/dead-letters/replay") == "POST /v1/dead-letters/replay"
    assert operation_of("POST", "/v1/jobs/1-2/rows/3/rerun") == "POST /v1/jobs/{job_id}/rows/{row_no}/rerun"
    assert operation_of("DELETE", "/v1/uploads/resumable/1-2") == "DELETE /v1/uploads/resumable/{upload_id}"
    assert operation_of("GET", "/config.json") is None
