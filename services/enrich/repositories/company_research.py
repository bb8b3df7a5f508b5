"""Research on companies by what was asked: who may do it by lease, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from libs.common.db import driver_of


@dataclass(frozen=True, slots=True)
class CompanyKey:
    """A workspace, and a digest of everything the answer depends on."""

    tenant_id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class Known:
    """`payload` is what was found and is fresh. Without one: `mine` when the lease is the asker's, else another's."""

    state: Literal["found", "mine", "others"]
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class CompanyFound:
    """What a holder has found: JSON."""

    key: CompanyKey
    payload: bytes
    holder: UUID


_LOOK = """
    WITH asked AS (SELECT * FROM unnest($1::uuid[], $2::text[]) AS asked (tenant_id, key)),
    claimed AS (
        INSERT INTO enrich.company_research AS known (tenant_id, key, holder, lease_until)
        SELECT tenant_id, key, $3, clock_timestamp() + make_interval(secs => $4)
        FROM asked ORDER BY tenant_id, key
        ON CONFLICT (tenant_id, key) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
        WHERE (known.lease_until < clock_timestamp() OR known.holder = excluded.holder)
            AND (known.found_at IS NULL OR known.found_at < clock_timestamp() - make_interval(secs => $5))
        RETURNING tenant_id, key
    )
    SELECT asked.tenant_id, asked.key, claimed.key IS NOT NULL AS mine,
        CASE WHEN known.found_at > clock_timestamp() - make_interval(secs => $5) THEN known.payload END AS payload
    FROM asked
    LEFT JOIN claimed USING (tenant_id, key)
    LEFT JOIN enrich.company_research AS known USING (tenant_id, key)
    """
_STORE = """
    INSERT INTO enrich.company_research AS known (tenant_id, key, holder, lease_until, found_at, payload)
    SELECT tenant_id, key, holder, clock_timestamp(), clock_timestamp(), payload
    FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[]) AS new (tenant_id, key, payload, holder)
    ORDER BY tenant_id, key
    ON CONFLICT (tenant_id, key) DO UPDATE SET found_at = excluded.found_at, payload = excluded.payload
    WHERE known.holder = excluded.holder
    """
_HOLD = text(
    """
    UPDATE enrich.company_research AS known SET lease_until = clock_timestamp() + make_interval(secs => :lease_s)
    FROM unnest(:tenant_ids, :keys) AS held (tenant_id, key)
    WHERE known.tenant_id = held.tenant_id AND known.key = held.key AND known.holder = :holder
    """
).bindparams(
    bindparam("tenant_ids", type_=ARRAY(Uuid())),
    bindparam("keys", type_=ARRAY(Text())),
    bindparam("holder", type_=Uuid()),
)
_FORGET = text(
    """
    DELETE FROM enrich.company_research WHERE (tenant_id, key) IN (
        SELECT tenant_id, key FROM enrich.company_research
        WHERE lease_until < now() - make_interval(secs => :fresh_s)
            AND (found_at IS NULL OR found_at < now() - make_interval(secs => :fresh_s))
        LIMIT :most
    )
    """
)


async def look(
    conn: AsyncConnection, asked: Sequence[CompanyKey], *, holder: UUID, lease_s: float, fresh_s: float
) -> dict[CompanyKey, Known]:
    """What is known of each; of what is neither fresh nor held by anybody else, the holder has the lease from here on.

    A holder asks anew only when nobody of its own is at it: what it holds still was left behind.
    """
    driver, columns = await driver_of(conn), _columns(asked)
    rows = await driver.fetch(_LOOK, columns["tenant_ids"], columns["keys"], holder, lease_s, fresh_s)
    return {
        CompanyKey(tenant_id, key): Known("mine")
        if mine
        else Known("found", payload)
        if payload is not None
        else Known("others")
        for tenant_id, key, mine, payload in rows
    }


async def store(conn: AsyncConnection, found: Sequence[CompanyFound]) -> None:
    """Keep what was found. Who has lost the lease to somebody else stores nothing: that one's answer counts."""
    driver, columns = await driver_of(conn), _columns([one.key for one in found])
    payloads, holders = [one.payload for one in found], [one.holder for one in found]
    await driver.execute(_STORE, columns["tenant_ids"], columns["keys"], payloads, holders)


async def hold(conn: AsyncConnection, held: Sequence[CompanyKey], *, holder: UUID, lease_s: float) -> None:
    """Prolong leases; with 0 seconds or less, give them back."""
    await conn.execute(_HOLD, {**_columns(held), "holder": holder, "lease_s": lease_s})


async def forget(conn: AsyncConnection, *, fresh_s: float, limit: int) -> int:
    """Delete up to `limit` that are fresh no longer and asked for by nobody; answers how many went."""
    return (await conn.execute(_FORGET, {"fresh_s": fresh_s, "most": limit})).rowcount


def _columns(keys: Sequence[CompanyKey]) -> dict[str, list[UUID] | list[str]]:
    return {"tenant_ids": [one.tenant_id for one in keys], "keys": [one.key for one in keys]}
