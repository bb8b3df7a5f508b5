"""What providers say, as it may be kept."""

from typing import Final

_MOST_CHARS: Final = 300


def storable(words: str) -> str:
    """What a provider said, as Postgres takes it: no NUL, and no half characters, which is how bytes that are not UTF-8
    reach us. Not stored at all, a clear no would count as unknown."""
    whole = words.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return whole.replace("\0", "\ufffd")[:_MOST_CHARS]
