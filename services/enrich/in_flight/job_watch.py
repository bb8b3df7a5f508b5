"""The jobs of the chunks in hand: whether they may go on, as fresh as a NOTIFY makes it."""

import contextlib
from collections import Counter
from collections.abc import Generator
from uuid import UUID

from libs.common.listener import Listener, keep_looking
from libs.common.uow import UnitOfWorkFactory
from services.enrich.domain.jobs import JobView, newer
from services.enrich.repositories import jobs

CHANNEL = "enrich_jobs"
_POLL_S = 2


class JobWatch:
    """Rows ask it before they start. Woken whenever a replica hears of a job, with polling behind it."""

    def __init__(self, open_uow: UnitOfWorkFactory, listener: Listener) -> None:
        self._open_uow = open_uow
        self._listener = listener
        self._views: dict[UUID, JobView] = {}
        self._followers: Counter[UUID] = Counter()

    @contextlib.contextmanager
    def following(self, job_id: UUID, view: JobView) -> Generator[None]:
        """Keep an eye on a job while one of its chunks is in hand."""
        self._followers[job_id] += 1
        self._views[job_id] = newer(self._views.get(job_id), view)
        try:
            yield
        finally:
            self._followers[job_id] -= 1
            if not self._followers[job_id]:
                del self._followers[job_id], self._views[job_id]

    def view(self, job_id: UUID) -> JobView:
        """The newest that is known of a followed job."""
        return self._views[job_id]

    async def run(self) -> None:
        """Look again until cancelled."""
        await keep_looking(self._listener, CHANNEL, self.look, poll_s=_POLL_S)

    async def look(self) -> None:
        """Read what is believed of the followed jobs now."""
        followed = list(self._followers)
        if not followed:
            return
        async with self._open_uow.alone() as conn:
            found = await jobs.views(conn, followed)
        for job_id, view in found.items():
            if job_id in self._followers:
                self._views[job_id] = newer(self._views.get(job_id), view)
