"""How a workspace sends, as the HTTP edge takes and shows it."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.sender.schemas.base import Body

Quota = Annotated[int, Field(ge=1, le=100_000)]
OneLine = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")
]
Lines = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$")]


class SendingSettingsIn(Body):
    """All of it. Empty `sender_name` and `postal_address` are the mailbox's own; null `daily_quota` is the default, null
    `domain_quota` no limit per recipient's domain. For `campaign_pause_days` after a mail of one campaign no other writes to the
    same person. `keeps_roles`: lists to come write to role addresses (info@, sales@ …) as well; each list's own word counts."""

    sender_name: OneLine
    postal_address: Lines
    daily_quota: Quota | None
    domain_quota: Quota | None
    follow_up_share: Annotated[int, Field(ge=0, le=100)]
    campaign_pause_days: Annotated[int, Field(ge=0, le=365)]
    keeps_roles: bool


class SendingSettingsOut(BaseModel):
    """`time_zone` says when the day of the quotas begins; `PATCH /v1/workspace` changes it. The defaults hold where nothing is
    set."""

    sender_name: str
    postal_address: str
    time_zone: str
    daily_quota: int | None
    domain_quota: int | None
    follow_up_share: int
    campaign_pause_days: int
    keeps_roles: bool
    default_sender_name: str
    default_postal_address: str
    default_daily_quota: int
