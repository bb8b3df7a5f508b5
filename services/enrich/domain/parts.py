"""How an answer is split so that no event exceeds 1 MiB."""

from collections.abc import Sequence

MOST_BYTES = 1024 * 1024 - 8 * 1024
"""What the results of one part may weigh; the rest of the mebibyte is for the envelope."""


def split(payloads: Sequence[bytes], *, most_bytes: int = MOST_BYTES) -> list[list[bytes]]:
    """Consecutive payloads in as few parts as fit. At least one part, and none is empty unless there is nothing."""
    parts: list[list[bytes]] = [[]]
    weight = 0
    for payload in payloads:
        if parts[-1] and weight + len(payload) + 1 > most_bytes:
            parts.append([])
            weight = 0
        parts[-1].append(payload)
        weight += len(payload) + 1
    return parts
