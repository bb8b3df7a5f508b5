"""What users say of themselves: kept as JSON, or refused by name."""

import math

import pytest

from services.gateway.api.gotrue import check_words


@pytest.mark.parametrize("wrong", ["\ud800", 2**64, {"a": "\udfff"}])
def test_what_cannot_be_kept_is_refused(wrong: object) -> None:
    """Red when it comes as anything but a ValueError: FastAPI answers that with 422, and the rest with 500."""
    with pytest.raises(ValueError, match="cannot be kept"):
        check_words({"said": wrong})


def test_too_many_levels_are_refused() -> None:
    """Red when a body of 600 characters is an internal error."""
    deep: object = "end"
    for _ in range(300):
        deep = [deep]
    with pytest.raises(ValueError, match="too many levels"):
        check_words({"said": deep})


def test_what_json_has_no_number_for_becomes_null() -> None:
    """Python reads NaN from a body, and Postgres does not take it. Red when it is handed on."""
    assert check_words({"share": math.nan, "most": math.inf, "name": "Ada"}) == {
        "share": None,
        "most": None,
        "name": "Ada",
    }
