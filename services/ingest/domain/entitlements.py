"""What a workspace's plan allows of lists: how large they may be, and how many may be under way at once."""

from dataclasses import dataclass

from libs.common.errors import Conflict, Forbidden


@dataclass(frozen=True)
class Entitlements:
    """None is without limit, as is a workspace that billing has not spoken of yet."""

    plan: str = ""
    rows_per_job: int | None = None
    concurrent_jobs: int | None = None


def check_rows(entitled: Entitlements, *, rows: int) -> None:
    """Raises Forbidden `rows_per_job_exceeded`."""
    most = entitled.rows_per_job
    if most is None or rows <= most:
        return
    msg = (
        f"the {entitled.plan} plan takes {most:,} rows in one list, and these are {rows:,}:"
        f" take the first {most:,} rows (first_rows), or a larger plan"
    )
    raise Forbidden(msg, code="rows_per_job_exceeded", extra={"plan": entitled.plan, "limit": most, "rows": rows})


def check_under_way(entitled: Entitlements, *, under_way: int) -> None:
    """Whether one more may begin. Raises Conflict `concurrent_jobs_reached`."""
    most = entitled.concurrent_jobs
    if most is None or under_way < most:
        return
    msg = (
        f"{under_way} lists are running or waiting, and the {entitled.plan} plan has room for {most} at once:"
        " wait for one to end, cancel one, or take a larger plan"
    )
    raise Conflict(
        msg, code="concurrent_jobs_reached", extra={"plan": entitled.plan, "limit": most, "under_way": under_way}
    )
