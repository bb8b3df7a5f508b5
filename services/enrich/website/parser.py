"""The process that parses strangers' pages: `python -m services.enrich.website.parser MEMORY CPU PARENT`.

On its stdin: JSON lines `{"url", "bytes": n, …}`, each followed by n bytes of a page, or of a robots.txt when a `robot` is named.
On its stdout: `{}` when it is ready, then a JSON line for each. It knows no secret and opens no connection.
"""

import sys
from typing import Any

import orjson
from protego import Protego

from libs.common.confinement import confine
from services.enrich.website.charset import decoded
from services.enrich.website.readable import read_page


def answer(asked: dict[str, Any], body: bytes) -> dict[str, Any]:
    """What is in a page, or whether a robots.txt allows an address."""
    if "robot" in asked:
        rules = Protego.parse(body.decode("utf-8", "replace"))
        return {"allowed": bool(rules.can_fetch(asked["url"], asked["robot"]))}
    return read_page(decoded(body, charset=asked["charset"]), url=asked["url"])


def main(memory_bytes: int, cpu_seconds: int, parent_pid: int) -> None:
    """Serve until stdin ends."""
    confine(memory_bytes=memory_bytes, cpu_seconds=cpu_seconds, parent_pid=parent_pid)
    given, told = sys.stdin.buffer, sys.stdout.buffer
    told.write(b"{}\n")
    told.flush()
    while line := given.readline():
        asked = orjson.loads(line)
        told.write(orjson.dumps(answer(asked, given.read(asked["bytes"]))) + b"\n")
        told.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
