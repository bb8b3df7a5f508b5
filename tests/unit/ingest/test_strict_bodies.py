"""Bodies hold what the description says: `0` is no `false`, and `true` no number."""

import pytest
from pydantic import BaseModel, ValidationError

from services.ingest.schemas.checks import MappingIn
from services.ingest.schemas.exports import SheetIn
from services.ingest.schemas.job_life import RetryIn
from services.ingest.schemas.quotes import QuoteIn


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (SheetIn, {"flat": 0}),
        (SheetIn, {"flat": "false"}),
        (RetryIn, {"include_degraded": 1}),
        (MappingIn, {"mapping": {"email": False}}),
        (QuoteIn, {"upload_id": "01a22084-c478-77fd-9ac6-8d7f1512070e", "accept_degraded": "no"}),
    ],
)
def test_what_only_looks_like_a_choice_or_a_number_is_refused(body: type[BaseModel], sent: dict[str, object]) -> None:
    """Red when a client's slip is guessed at, where the description says it is refused."""
    with pytest.raises(ValidationError):
        body.model_validate(sent)
