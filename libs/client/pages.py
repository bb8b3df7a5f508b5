"""Everything of a list that is answered page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item", covariant=True)


class Page(Protocol[Item]):
    """What a list answers with: items, and where the next page begins."""

    @property
    def items(self) -> Sequence[Item]: ...

    @property
    def next_cursor(self) -> str | int | None: ...


async def each(ask: Callable[..., Awaitable[Page[Item]]], *of: object, **filters: Any) -> AsyncGenerator[Item]:
    """`each(client.list_jobs, kind="trial")`: every item, each page asked for when it is needed."""
    cursor = filters.pop("cursor", None)
    while True:
        page = await ask(*of, **filters, cursor=cursor)
        for item in page.items:
            yield item
        cursor = page.next_cursor
        if cursor is None:
            return
