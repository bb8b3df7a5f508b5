"""Websites by domain, shared by all workspaces: what is believed of them, and who is reading one. Nothing of a tenant."""

import zlib
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Boolean, DateTime, Float, LargeBinary, Text, Uuid

from libs.common.db import driver_of
from services.enrich.domain.sites.website import Page, Website

CHANNEL = "enrich_websites"
_PACKED_QUICKLY = 1


class SiteKey(NamedTuple):
    """A domain in the real world or in the sandbox's: what is invented is never taken for the other."""

    domain: str
    sandboxed: bool


def key_of(website: Website) -> SiteKey:
    """Under what it is stored."""
    return SiteKey(website.domain, website.sandboxed)


@dataclass(frozen=True, slots=True)
class Looked:
    """What is believed, and which became mine to read."""

    found: Mapping[SiteKey, Website]
    mine: Set[SiteKey]


_KEYS = (bindparam("domains", type_=ARRAY(Text())), bindparam("sandboxed", type_=ARRAY(Boolean())))
_HOLDER = bindparam("holder", type_=Uuid())
_LOOK = """
    WITH asked AS (SELECT * FROM unnest($1::text[], $2::boolean[]) AS asked (domain, sandboxed)),
    found AS (
        SELECT domain, sandboxed, status, reason, fetched_at, whole, pages
        FROM asked JOIN enrich.company_websites USING (domain, sandboxed)
        WHERE fresh_until > clock_timestamp()
    ), claimed AS (
        INSERT INTO enrich.company_websites AS site (domain, sandboxed, holder, lease_until)
        SELECT domain, sandboxed, $3, clock_timestamp() + make_interval(secs => $4)
        FROM asked LEFT JOIN found USING (domain, sandboxed) WHERE status IS NULL ORDER BY domain, sandboxed
        ON CONFLICT (domain, sandboxed) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
        WHERE (site.fresh_until IS NULL OR site.fresh_until <= clock_timestamp())
          AND site.lease_until < clock_timestamp()
        RETURNING domain, sandboxed
    )
    SELECT domain, sandboxed, status, reason, fetched_at, whole, pages FROM found
    UNION ALL SELECT domain, sandboxed, NULL, NULL, NULL, NULL, NULL FROM claimed
    """
_LEASE_OF_MINE = """
    UPDATE enrich.company_websites AS site SET lease_until = {until}
    FROM unnest(:domains, :sandboxed) AS held (domain, sandboxed)
    WHERE site.domain = held.domain AND site.sandboxed = held.sandboxed AND holder = :holder
    """
_RENEW = text(_LEASE_OF_MINE.format(until="clock_timestamp() + make_interval(secs => :lease_s)")).bindparams(
    *_KEYS, _HOLDER
)
_RELEASE = text(_LEASE_OF_MINE.format(until="to_timestamp(0)")).bindparams(*_KEYS, _HOLDER)
_STORE = text(
    """
    UPDATE enrich.company_websites AS site
    SET status = told.status, reason = told.reason, fetched_at = told.fetched_at, whole = told.whole, pages = told.pages,
        fresh_until = clock_timestamp() + make_interval(secs => told.believed_s), lease_until = to_timestamp(0)
    FROM unnest(:domains, :sandboxed, :statuses, :reasons, :fetched_ats, :wholes, :pages, :believed)
        AS told (domain, sandboxed, status, reason, fetched_at, whole, pages, believed_s)
    WHERE site.domain = told.domain AND site.sandboxed = told.sandboxed AND holder = :holder
    """
).bindparams(
    *_KEYS,
    _HOLDER,
    bindparam("statuses", type_=ARRAY(Text())),
    bindparam("reasons", type_=ARRAY(Text())),
    bindparam("fetched_ats", type_=ARRAY(DateTime(timezone=True))),
    bindparam("wholes", type_=ARRAY(Boolean())),
    bindparam("pages", type_=ARRAY(LargeBinary())),
    bindparam("believed", type_=ARRAY(Float())),
)
_SWEEP = text(
    """
    DELETE FROM enrich.company_websites WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM enrich.company_websites
        WHERE greatest(fresh_until, lease_until) < now() - make_interval(secs => :kept_s)
        LIMIT :most))
    """
)


async def look(conn: AsyncConnection, keys: Collection[SiteKey], *, holder: UUID, lease_s: float) -> Looked:
    """Those that are believed still; of the others the holder has the reading from here on, where nobody else reads."""
    found: dict[SiteKey, Website] = {}
    mine: set[SiteKey] = set()
    driver, asked = await driver_of(conn), _named(keys)
    for domain, sandboxed, status, reason, fetched_at, whole, pages in await driver.fetch(
        _LOOK, asked["domains"], asked["sandboxed"], holder, lease_s
    ):
        key = SiteKey(domain, sandboxed)
        if status is None:
            mine.add(key)
        else:
            found[key] = Website(domain, status, fetched_at, _unpacked(pages), reason, sandboxed, whole)
    return Looked(found, mine)


async def renew(conn: AsyncConnection, keys: Collection[SiteKey], *, holder: UUID, lease_s: float) -> None:
    """Prolong what this holder still reads."""
    await conn.execute(_RENEW, {**_named(keys), "holder": holder, "lease_s": lease_s})


async def release(conn: AsyncConnection, keys: Collection[SiteKey], *, holder: UUID) -> None:
    """Let others read what this holder leaves unread."""
    await conn.execute(_RELEASE, {**_named(keys), "holder": holder})


async def store(conn: AsyncConnection, found: Sequence[tuple[Website, timedelta]], *, holder: UUID) -> None:
    """Store what this holder has read, with how long to believe it. What another has claimed meanwhile stays his."""
    websites = [website for website, _ in found]
    values = {
        **_named([key_of(website) for website in websites]),
        "holder": holder,
        "statuses": [website.status for website in websites],
        "reasons": [website.reason for website in websites],
        "fetched_ats": [website.fetched_at for website in websites],
        "wholes": [website.whole for website in websites],
        "pages": [_packed(website.pages) for website in websites],
        "believed": [believed.total_seconds() for _, believed in found],
    }
    await conn.execute(_STORE, values)


async def sweep(conn: AsyncConnection, *, kept: timedelta, limit: int) -> int:
    """Delete up to `limit` that have not been believed for so long. Answers how many went."""
    return (await conn.execute(_SWEEP, {"kept_s": kept.total_seconds(), "most": limit})).rowcount


def _named(keys: Collection[SiteKey]) -> dict[str, Any]:
    return {"domains": [key.domain for key in keys], "sandboxed": [key.sandboxed for key in keys]}


def _packed(pages: Sequence[Page]) -> bytes:
    return zlib.compress(orjson.dumps(pages), _PACKED_QUICKLY)


def _unpacked(packed: bytes) -> tuple[Page, ...]:
    return tuple(Page(**told) for told in orjson.loads(zlib.decompress(packed)))
