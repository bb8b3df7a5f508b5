"""How the provider accounts are: up, or out until when, with the counter by which ingest orders what it hears."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.enrich.tables import provider_states


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an account is out (`day_limit`, `bad_key`, `nonsense`), in the provider's words.

    Without `resume_at` nobody knows until when.
    """

    reason: str
    message: str
    resume_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProviderState:
    """An account that has never been out has no row: up, counter 0."""

    account: str
    state: str
    counter: int
    reason: str | None = None
    message: str | None = None
    resume_at: datetime | None = None


async def load(conn: AsyncConnection) -> dict[str, ProviderState]:
    """Every account that has ever been out."""
    table = provider_states
    rows = await conn.execute(
        select(table.c.account, table.c.state, table.c.counter, table.c.reason, table.c.message, table.c.resume_at)
    )
    return {row.account: ProviderState(*row) for row in rows}


async def mark_out(
    conn: AsyncConnection, account: str, refusal: Refusal, *, seen: int, probe_at: datetime
) -> int | None:
    """Note a refusal, of an account that was up or out, if its counter is still the one that was seen.

    Answers the new counter, None when it has moved.
    """
    table = provider_states
    changed = {
        "state": "out",
        "counter": seen + 1,
        "reason": refusal.reason,
        "message": refusal.message[:1000],
        "resume_at": refusal.resume_at,
        "probe_at": probe_at,
        "changed_at": func.now(),
    }
    turned = await conn.execute(
        insert(table)
        .values(account=account, **changed)
        .on_conflict_do_update(index_elements=["account"], set_=changed, where=table.c.counter == seen)
        .returning(table.c.counter)
    )
    return turned.scalar_one_or_none()


async def mark_up(conn: AsyncConnection, account: str, *, seen: int) -> int | None:
    """Turn an account up if its counter is still the one that was seen. Answers the new counter, None when it has moved."""
    table = provider_states
    turned = await conn.execute(
        update(table)
        .where(table.c.account == account, table.c.state == "out", table.c.counter == seen)
        .values(
            state="up",
            counter=seen + 1,
            reason=None,
            message=None,
            resume_at=None,
            probe_at=None,
            changed_at=func.now(),
        )
        .returning(table.c.counter)
    )
    return turned.scalar_one_or_none()


async def begin_anew(conn: AsyncConnection, account: str) -> tuple[str, int]:
    """Another key: the account is up, whatever it was. Answers the state it was in and the new counter.

    The counter rises also where it was up: a refusal of the key before, that is still under way, then says nothing new.
    """
    table = provider_states
    before = await conn.execute(select(table.c.state).where(table.c.account == account).with_for_update())
    was = before.scalar_one_or_none() or "up"
    blank = {"reason": None, "message": None, "resume_at": None, "probe_at": None, "changed_at": func.now()}
    counted = await conn.execute(
        insert(table)
        .values(account=account, state="up", counter=1)
        .on_conflict_do_update(
            index_elements=["account"], set_={"state": "up", "counter": table.c.counter + 1, **blank}
        )
        .returning(table.c.counter)
    )
    return was, counted.scalar_one()


async def to_probe(conn: AsyncConnection, *, now: datetime) -> list[ProviderState]:
    """Accounts that are out and should be asked again."""
    known = await load(conn)
    due = await conn.execute(
        select(provider_states.c.account).where(provider_states.c.state == "out", provider_states.c.probe_at <= now)
    )
    return [known[account] for account in due.scalars()]


async def put_off(conn: AsyncConnection, account: str, *, seen: int, probe_at: datetime) -> None:
    """Still out, with nothing new to say: ask again later."""
    table = provider_states
    await conn.execute(
        update(table)
        .where(table.c.account == account, table.c.state == "out", table.c.counter == seen)
        .values(probe_at=probe_at)
    )
