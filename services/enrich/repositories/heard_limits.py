"""What one replica hears of a provider's limits, for all of them: until when everybody is refused, and what may be asked."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Row, and_, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Float

from services.enrich.domain.limits import Limits
from services.enrich.repositories.limits import LineKey
from services.enrich.tables import limit_lines


@dataclass(frozen=True, slots=True)
class Standing:
    """What all replicas know of a line: the limits that were learned, and for how many seconds everybody is refused."""

    key: LineKey
    learned: Limits
    shut_s: float
    shut_by: str | None


async def shut(conn: AsyncConnection, key: LineKey, *, seconds: float, by: str | None) -> None:
    """Everybody is refused for so long, by a limit of `requests` or `tokens` if that is known. A longer refusal stands."""
    until = func.clock_timestamp() + timedelta(seconds=seconds)
    fresh = insert(limit_lines).values(account=key.account, model=key.model, shut_until=until, shut_by=by)
    await conn.execute(
        fresh.on_conflict_do_update(
            index_elements=["account", "model"],
            set_={"shut_until": func.greatest(limit_lines.c.shut_until, fresh.excluded.shut_until), "shut_by": by},
        )
    )


async def learn(conn: AsyncConnection, key: LineKey, learned: Limits, *, used_s: float, for_s: float) -> None:
    """Keep what a provider has said of its limits, for so long.

    `used_s` is the part of the minute's tokens that is gone, in seconds of the line; it counts while the limit of tokens
    was not known: since then our own line knows better.
    """
    old = limit_lines.c
    until = func.clock_timestamp() + timedelta(seconds=for_s)
    said = {name: value or None for name, value in _columns(learned).items()}
    fresh = insert(limit_lines).values(
        account=key.account,
        model=key.model,
        learned_until=until,
        tokens_at=func.clock_timestamp() + timedelta(seconds=used_s),
        **said,
    )
    new = fresh.excluded
    await conn.execute(
        fresh.on_conflict_do_update(
            index_elements=["account", "model"],
            set_={
                "learned_until": new.learned_until,
                "tokens_at": case(
                    (
                        and_(old.tokens_per_minute.is_not(None), old.learned_until > func.clock_timestamp()),
                        old.tokens_at,
                    ),
                    else_=func.greatest(old.tokens_at, new.tokens_at),
                ),
                **{name: func.coalesce(new[name], old[name]) for name in said},
            },
        )
    )


async def standings(conn: AsyncConnection) -> list[Standing]:
    """Of every line that has been limited. What was learned long ago counts no longer."""
    table = limit_lines
    shut_s = func.extract("epoch", table.c.shut_until - func.clock_timestamp()).cast(Float)
    known = table.c.learned_until > func.clock_timestamp()
    rows = await conn.execute(select(table, shut_s.label("shut_s"), known.label("known")))
    return [_standing(row) for row in rows]


def _standing(row: Row[tuple[object, ...]]) -> Standing:
    learned = Limits(**{name: getattr(row, name) or 0 for name in _columns(Limits())}) if row.known else Limits()
    return Standing(LineKey(row.account, row.model), learned, shut_s=max(0.0, row.shut_s or 0.0), shut_by=row.shut_by)


def _columns(limits: Limits) -> dict[str, int]:
    return {
        "requests_per_minute": limits.requests_per_minute,
        "tokens_per_minute": limits.tokens_per_minute,
        "requests_per_day": limits.requests_per_day,
        "tokens_per_day": limits.tokens_per_day,
    }
