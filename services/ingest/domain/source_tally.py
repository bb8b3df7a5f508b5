"""Counts what research cites, in memory that does not grow with the sheet."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

MAX_SOURCES = 50_000
"""Distinct addresses told apart, by hash: about 6 MB. Of a sheet that cites more, the counts are `at least`."""
TOP_HOSTS = 20
_PLAIN = re.compile(r"https?://([a-z0-9.-]+)(?:[/?#]|$)")
"""Nearly every address: to take it apart by all the rules takes as long as to write its row."""


class SourceTally:
    """Distinct sources by kind and by host."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._hosts: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self.is_complete = True

    def add(self, sources: Iterable[Mapping[str, Any]]) -> None:
        """Note the sources of one row."""
        for source in sources:
            url = str(source.get("url", ""))
            key = hash(url)
            if key in self._seen:
                continue
            if len(self._seen) >= MAX_SOURCES:
                self.is_complete = False
                return
            self._seen.add(key)
            self._kinds[str(source.get("kind", ""))] += 1
            self._hosts[host_of(url)] += 1

    @property
    def total(self) -> int:
        """How many different addresses."""
        return len(self._seen)

    @property
    def kinds(self) -> Sequence[tuple[str, int]]:
        """Kind and count, by name."""
        return sorted(self._kinds.items())

    @property
    def top_hosts(self) -> Sequence[tuple[str, int]]:
        """The hosts with the most addresses, at most TOP_HOSTS."""
        return sorted(self._hosts.items(), key=lambda found: (-found[1], found[0]))[:TOP_HOSTS]


def host_of(url: str) -> str:
    """The host without `www.`; of what is no address, the text itself."""
    if plain := _PLAIN.match(url):
        return plain[1].removeprefix("www.")
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return (host or url).removeprefix("www.")
