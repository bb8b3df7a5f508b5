"""What a check has found so far, as it is told in the end."""

from collections import Counter
from datetime import datetime, timedelta

from services.sender.schemas.checks import CheckedRow, CheckOut, RestingOut
from services.sender.use_cases.check_campaign import CheckedPage

EXAMPLES = 100


class CheckResult:
    """Of the rows only some examples are kept, however long the list is. `pause` is what is between campaigns."""

    def __init__(self, pause: timedelta) -> None:
        self._pause = pause
        self._rows = self._resting = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._problems: Counter[str] = Counter()
        self._examples: list[CheckedRow] = []

    def add(self, page: CheckedPage) -> list[CheckedRow]:
        """Take in a page; answers its problems."""
        found = [
            CheckedRow(row_no=row.row_no, email=row.email, code=row.problem.code, detail=row.problem.detail)
            for row in page.problems
        ]
        self._rows = page.rows
        self._problems.update(row.code for row in found)
        self._examples += found[: EXAMPLES - len(self._examples)]
        self._resting += len(page.resting)
        self._first = min((at for at in (self._first, *page.resting) if at), default=None)
        self._last = max((at for at in (self._last, *page.resting) if at), default=None)
        return found

    def told(self) -> CheckOut:
        """All of it."""
        return CheckOut(
            rows=self._rows,
            ready=self._rows - self._problems.total(),
            resting=self._told_resting(),
            problems=dict(self._problems),
            examples=self._examples,
        )

    def _told_resting(self) -> RestingOut | None:
        if self._first is None or self._last is None:
            return None
        days = self._pause.days
        sentence = (
            f"{self._resting} of these people had a mail of another campaign of yours within {days} day"
            f"{'' if days == 1 else 's'}: they wait until {self._last:%Y-%m-%d %H:%M} UTC at the latest, the first of them"
            f" until {self._first:%Y-%m-%d %H:%M} UTC."
        )
        return RestingOut(
            leads=self._resting, pause_days=days, first_until=self._first, last_until=self._last, sentence=sentence
        )
