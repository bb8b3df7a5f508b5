"""Websites by domain, shared by all workspaces: what is believed of them, and who is reading one. Nothing of a tenant."""

import zlib
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Boolean, DateTime, Float, LargeBinary, Text, Uuid

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


_KEYS = (bindparam("domains", type_=ARRAY(Text())), bindparam("sandboxed", type_=ARRAY(Boolean())))
_HOLDER = bindparam("holder", type_=Uuid())
_LOOK = text(
    """
    SELECT site.domain, site.sandboxed, status, reason, fetched_at, whole, pages
    FROM unnest(:domains, :sandboxed) AS asked (domain, sandboxed)
    JOIN enrich.company_websites AS site ON site.domain = asked.domain AND site.sandboxed = asked.sandboxed
    WHERE fresh_until > clock_timestamp()
    """
).bindparams(*_KEYS)
_CLAIM = text(
    """
    INSERT INTO enrich.company_websites AS site (domain, sandboxed, holder, lease_until)
    SELECT domain, sandboxed, :holder, clock_timestamp() + make_interval(secs => :lease_s)
    FROM unnest(:domains, :sandboxed) AS asked (domain, sandboxed) ORDER BY domain, sandboxed
    ON CONFLICT (domain, sandboxed) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
    WHERE (site.fresh_until IS NULL OR site.fresh_until <= clock_timestamp())
      AND site.lease_until < clock_timestamp()
    RETURNING domain, sandboxed
    """
).bindparams(*_KEYS, _HOLDER)
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


async def look(conn: AsyncConnection, keys: Collection[SiteKey]) -> dict[SiteKey, Website]:
    """Those that are believed still."""
    rows = await conn.execute(_LOOK, _named(keys))
    return {
        SiteKey(row.domain, row.sandboxed): Website(
            row.domain,
            row.status,
            row.fetched_at,
            pages=_unpacked(row.pages),
            reason=row.reason,
            sandboxed=row.sandboxed,
            whole=row.whole,
        )
        for row in rows
    }


async def claim(conn: AsyncConnection, keys: Collection[SiteKey], *, holder: UUID, lease_s: float) -> set[SiteKey]:
    """Claim the reading of those that nobody believes and nobody reads. Answers which became mine."""
    rows = await conn.execute(_CLAIM, {**_named(keys), "holder": holder, "lease_s": lease_s})
    return {SiteKey(row.domain, row.sandboxed) for row in rows}


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


async def tell(conn: AsyncConnection) -> None:
    """Wake, at commit, the replicas that wait for a website."""
    await conn.execute(select(func.pg_notify(CHANNEL, "")))


async def sweep(conn: AsyncConnection, *, kept: timedelta, limit: int) -> int:
    """Delete up to `limit` that have not been believed for so long. Answers how many went."""
    return (await conn.execute(_SWEEP, {"kept_s": kept.total_seconds(), "most": limit})).rowcount


def _named(keys: Collection[SiteKey]) -> dict[str, Any]:
    return {"domains": [key.domain for key in keys], "sandboxed": [key.sandboxed for key in keys]}


def _packed(pages: Sequence[Page]) -> bytes:
    return zlib.compress(orjson.dumps(pages), _PACKED_QUICKLY)


def _unpacked(packed: bytes) -> tuple[Page, ...]:
    return tuple(Page(**told) for told in orjson.loads(zlib.decompress(packed)))
