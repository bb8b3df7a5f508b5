"""People who ask to be forgotten: what is kept of their address, and when all have forgotten it."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Service = Literal["ingest", "enrich", "sender"]
SERVICES: tuple[Service, ...] = ("ingest", "enrich", "sender")
"""Who keeps leads. Billing knows of none."""


@dataclass(frozen=True)
class Answer:
    """What a service had of the person, by kind, and since when it has it no more."""

    service: Service
    erased: Mapping[str, int]
    done_at: datetime


@dataclass(frozen=True)
class Erasure:
    """`email` is there until all services have answered, and None after; `masked` stays."""

    id: UUID
    workspace_id: UUID
    masked: str
    email: str | None
    asked_by: UUID
    asked_at: datetime
    done_at: datetime | None
    answers: Sequence[Answer] = ()


def mask(address: str) -> str:
    """What people tell it by: the first letter, and the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def keyed_digest(address: str, *, workspace_id: UUID, secret: str) -> bytes:
    """HMAC-SHA256 (RFC 2104) of a workspace's address: who has the table alone cannot try addresses against it."""
    return hmac.digest(secret.encode(), b"corofy erasure v1\0" + workspace_id.bytes + address.encode(), "sha256")
