"""Consents to send for a person, as the HTTP edge takes and shows them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from services.sender.schemas.base import Body, ShortText
from services.sender.schemas.mailboxes import Address


class ConsentIn(Body):
    """Whom to connect with. `mailbox_id` connects a mailbox anew; otherwise `address` is the account to connect."""

    provider: Literal["google", "microsoft"]
    address: Address | None = None
    name: ShortText | None = None
    mailbox_id: Annotated[UUID | None, Field(strict=False)] = None


class ConsentOut(BaseModel):
    """Where to send the person; valid for fifteen minutes."""

    url: str


class ReturnIn(Body):
    """What the provider gave the person to bring back."""

    state: Annotated[SecretStr, Field(min_length=1, max_length=2000)]
    code: Annotated[SecretStr, Field(min_length=1, max_length=4000)]
