"""What the merged description says of errors and examples."""

from __future__ import annotations

from services.gateway.domain.door_errors import codes_in, errors_of
from services.gateway.domain.examples import Examples


def test_codes_are_read_in_the_words_that_routes_are_described_in() -> None:
    """Red when a code that a description names is not in the document, or a word of it is taken for one."""
    assert codes_in("One. 404 `job_not_found`; 409 `job_busy`, `job_over` while it runs; 422 as for a new one.") == {
        "404": ["job_not_found"],
        "409": ["job_busy", "job_over"],
    }
    assert codes_in("409 suppressed, mailbox_paused,\nsandboxed_rows; 422 address_required, and as for a row's") == {
        "409": ["suppressed", "mailbox_paused", "sandboxed_rows"],
        "422": ["address_required"],
    }
    assert codes_in("410 `link_expired` or `file_gone`; 404 `link_invalid` for a link") == {
        "410": ["link_expired", "file_gone"],
        "404": ["link_invalid"],
    }
    assert codes_in("A list of more than 2,000 rows, 500 at once; 410 when the rest is not waited for.") == {}


def test_an_operations_own_codes_stand_before_those_of_the_door() -> None:
    """Red when an operation that answers 404 of its own hides that the workspace may be unknown."""
    examples = errors_of("404", ["job_not_found"], at_the_door=True)["content"]["application/problem+json"]["examples"]
    assert list(examples) == ["job_not_found", "workspace_not_found"]
    assert errors_of("404", [], at_the_door=True) == {"$ref": "#/components/responses/Door404"}


def test_what_is_sent_holds_what_has_to_be_there_and_what_comes_back_holds_everything() -> None:
    """Red when an example to send sets everything, also what excludes each other."""
    schema = {
        "type": "object",
        "required": ["email"],
        "properties": {
            "email": {"type": "string"},
            "count": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
            "zone": {"type": "string", "examples": ["Asia/Tokyo"]},
        },
    }
    examples = Examples({"Thing": schema})
    assert examples.asked({"$ref": "#/components/schemas/Thing"}) == {"email": "ada@example.com", "zone": "Asia/Tokyo"}
    assert examples.answered(schema) == {"email": "ada@example.com", "count": 3, "zone": "Asia/Tokyo"}


def test_a_schema_of_itself_has_an_example_that_ends() -> None:
    """Red when it never ends."""
    node = {
        "type": "object",
        "properties": {"below": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}},
    }
    assert str(Examples({"Node": node}).answered(node)).count("below") < 20
