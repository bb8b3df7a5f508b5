"""Trying a few rows, free: how many a workspace may, and when it may again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.errors import Invalid, RateLimited

MAX_ROWS = 3
"""Of one trial."""
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Trial:
    """Rows that a workspace has tried."""

    rows: int
    created_at: datetime


def check_rows(row_nos: Sequence[int], *, rows_in_sheet: int) -> None:
    """Raises Invalid `trial_rows_invalid` for none, too many, one twice, or one that the sheet does not have."""
    if not 1 <= len(row_nos) <= MAX_ROWS or len(set(row_nos)) != len(row_nos):
        msg = f"choose 1 to {MAX_ROWS} different rows to try, not {len(row_nos)}"
        raise Invalid(msg, code="trial_rows_invalid")
    beyond = [row_no for row_no in row_nos if not 1 <= row_no <= rows_in_sheet]
    if beyond:
        msg = f"the sheet has rows 1 to {rows_in_sheet}, and no row {beyond[0]}"
        raise Invalid(msg, code="trial_rows_invalid")


def check_allowance(tried: Sequence[Trial], *, rows: int, per_day: int, now: datetime) -> None:
    """Raises RateLimited `trial_limit` when the last 24 hours leave no room for so many rows, with the time it ends.

    `tried` are the trials of the last 24 hours, oldest first.
    """
    surplus = sum(trial.rows for trial in tried) + rows - per_day
    if surplus <= 0:
        return
    until = None
    for trial in tried:
        surplus -= trial.rows
        if surplus <= 0:
            until = trial.created_at + DAY
            break
    if until is None:
        msg = f"a workspace may try {per_day} rows in 24 hours, and this is {rows} at once"
        raise RateLimited(msg, code="trial_limit", extra={"rows_per_day": per_day})
    msg = f"{per_day} rows have been tried in the last 24 hours: the next {rows} can be tried at {until:%Y-%m-%d %H:%M} UTC"
    extra = {
        "rows_per_day": per_day,
        "until": until.isoformat(),
        "retry_after_s": max(1, round((until - now).total_seconds())),
    }
    raise RateLimited(msg, code="trial_limit", extra=extra)
