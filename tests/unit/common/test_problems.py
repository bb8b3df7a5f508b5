"""A problem says what every problem says, whatever else its error brings."""

import orjson

from libs.common.errors import Conflict
from libs.common.http.problems import problem_of


def test_no_member_of_an_error_replaces_one_that_every_problem_has() -> None:
    """Red when a `status` that an error brings stands where clients look for the HTTP status."""
    error = Conflict("no", code="taken", extra={"status": "past_due", "code": "x", "title": "x", "left": 3})

    body = orjson.loads(problem_of(error).body)

    assert body == {"type": "about:blank", "title": "Taken", "status": 409, "code": "taken", "detail": "no", "left": 3}
