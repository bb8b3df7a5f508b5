"""What a dry run may be asked with."""

import pytest
from pydantic import ValidationError

from services.sender.schemas.outlook import DryRunIn


@pytest.mark.parametrize("share", [False, "0.5", 1.5, -0.1])
def test_a_share_that_is_no_number_up_to_one_is_refused(share: object) -> None:
    """Red when `false` or a text passes for a number, which the description says they do not."""
    with pytest.raises(ValidationError):
        DryRunIn.model_validate({"faults": {"unknown": share}})


def test_a_share_may_be_a_whole_number() -> None:
    """Red when `1`, which is how JSON writes it, is none."""
    read = DryRunIn.model_validate({"faults": {"unknown": 1}})
    assert read.faults.unknown == 1
