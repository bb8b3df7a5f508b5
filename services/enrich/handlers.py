"""The bus edge: one small function per queue."""

import functools
import math

from libs.common.messaging.consumer import Subscription
from services.enrich.in_flight.floor import Floor
from services.enrich.use_cases.delete_workspace import delete_workspace
from services.enrich.use_cases.enrich_chunk import enrich_chunk
from services.enrich.use_cases.erase_lead import erase_lead
from services.enrich.use_cases.fail_chunk import fail_chunk
from services.enrich.use_cases.follow_job import follow_job

_ROWS_PER_CHUNK = 50
_FEWEST_CHUNKS = 8
_RECORDING_S = 25
"""What a chunk may take beyond its budget, to store and record."""


def subscriptions(floor: Floor) -> list[Subscription]:
    """What enrich listens to."""
    return [
        Subscription(
            queue="enrich.enrich_chunk",
            handler=functools.update_wrapper(functools.partial(enrich_chunk, floor=floor), enrich_chunk),
            calls_out=True,
            prefetch=chunks_in_hand(floor.rows_capacity),
            timeout_s=floor.limits.chunk_s + _RECORDING_S,
            on_dead=fail_chunk,
        ),
        Subscription(queue="enrich.follow_job", handler=follow_job),
        Subscription(queue="enrich.delete_workspace", handler=delete_workspace, prefetch=2),
        Subscription(queue="enrich.erase_lead", handler=erase_lead, prefetch=2),
    ]


def chunks_in_hand(rows_capacity: int) -> int:
    """Enough chunks for the rows that may be in hand, also when chunks are small."""
    return max(_FEWEST_CHUNKS, math.ceil(rows_capacity / _ROWS_PER_CHUNK))
