"""However the network cuts an answer into pieces, it is the same answer."""

from __future__ import annotations

import asyncio
import gzip

from hypothesis import given
from hypothesis import strategies as st

from services.enrich.clients.connection import Connection, Reply

BODY = b'{"organic":[{"title":"Halden"}]}'
PACKED = gzip.compress(BODY)
_LATER = 1e9
"""By the loop's clock: no time limit here."""
ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Left: 7\r\n\r\n%b" % (len(BODY), BODY),
    b"HTTP/1.1 200 OK\r\nX-Left: 7\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-left: 7\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY),
    b"HTTP/1.1 200 OK\r\nX-LEFT: 7\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(PACKED), PACKED),
]


class _Wire(asyncio.Transport):
    """Takes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def write(self, data: object) -> None:
        del data

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted


@given(answers=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=3), data=st.data())
def test_an_answer_in_any_pieces_is_the_same_answer(answers: list[bytes], data: st.DataObject) -> None:
    """Red when the place of a cut changes what is read, or one answer leaves something behind for the next."""

    async def read() -> list[Reply]:
        connection = Connection(set())
        connection.connection_made(_Wire())
        replies: list[Reply] = []
        for answer in answers:
            cuts = sorted(data.draw(st.sets(st.integers(1, len(answer) - 1), max_size=6)))
            call = asyncio.ensure_future(connection.exchange(b"request", until=_LATER))
            await asyncio.sleep(0)
            for begin, end in zip([0, *cuts], [*cuts, len(answer)], strict=True):
                connection.data_received(answer[begin:end])
            replies.append(await call)
            assert connection.is_open
        connection.connection_lost(None)
        return replies

    for reply in asyncio.run(read()):
        assert (reply.status, reply.headers["x-left"], reply.body) == (200, "7", BODY)
