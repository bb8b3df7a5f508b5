"""What counts as a broken request among those that are made from the API's description."""

import pytest

from tests.support.described import is_broken

LIST = "Invalid data should have been rejected\nExpected: 400, 422\nInvalid component:"


@pytest.mark.parametrize(
    ("said", "sends_text", "counts"),
    [
        (f"{LIST} parameter `version` in path - violates `enum` at /properties/version", False, False),
        (f"{LIST} parameter `limit` in query - violates `maximum` at /properties/limit", False, True),
        (f"{LIST}\n  - query: violates `additionalProperties`\n  - body: violates `type` (was string)", True, False),
        (f"{LIST}\n  - query: violates `additionalProperties`\n  - body: violates `type` (was string)", False, True),
        (f"{LIST} `name` in body - violates `maxLength`", True, False),
        ("Invalid data should have been rejected", False, True),
    ],
)
def test_only_what_the_description_forbids_counts(said: str, sends_text: bool, counts: bool) -> None:
    """Red when a request that breaks the description is let through, or one that only looks so is held against us."""
    assert is_broken(said, sends_text=sends_text) is counts
