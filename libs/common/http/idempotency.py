"""The Idempotency-Key of routes that cannot do without one."""

from typing import Annotated

from fastapi import Depends, Header

from libs.common.errors import Invalid


def idempotency_key(key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None) -> str:
    """What the request is known by. Raises Invalid `idempotency_key_required` without it."""
    if not key:
        msg = "give an Idempotency-Key header: it is what keeps a repeated request from counting twice"
        raise Invalid(msg, code="idempotency_key_required")
    return key


RequiredKey = Annotated[str, Depends(idempotency_key)]
"""Stands after the identity: who may not ask is told so first."""
