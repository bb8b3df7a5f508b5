"""Lists of many pages."""

from __future__ import annotations

import respx

from libs.client.client import Client
from libs.client.pages import each
from tests.support.examples import example
from tests.unit.client.conftest import BASE

FIRST, SECOND, THIRD = (f"00000000-0000-4000-8000-00000000000{nth}" for nth in (1, 2, 3))


@respx.mock(base_url=BASE)
async def test_every_item_of_every_page_comes_once_and_in_order(respx_mock: respx.MockRouter, client: Client) -> None:
    """Red when a filter is lost on the second page, or a page is asked for that nobody needs yet."""
    jobs = [example("JobOut", id=one) for one in (FIRST, SECOND, THIRD)]
    later = respx_mock.get("/v1/jobs", params={"kind": "list", "cursor": SECOND}).respond(
        json={"items": jobs[2:], "next_cursor": None}
    )
    respx_mock.get("/v1/jobs", params={"kind": "list"}).respond(json={"items": jobs[:2], "next_cursor": SECOND})
    seen: list[str] = []
    async for job in each(client.list_jobs, kind="list"):
        seen.append(str(job.id))
        assert later.call_count == (len(seen) > 2)
    assert seen == [FIRST, SECOND, THIRD]
