"""Ingest's queues."""

import asyncio
import functools
from collections.abc import Sequence

from libs.common.messaging.consumer import Subscription
from libs.common.platform import Platform
from services.ingest.job_handlers import job_subscriptions
from services.ingest.reading.process import ReadingLimits
from services.ingest.resources import Resources
from services.ingest.use_cases.check_upload import check_upload, give_up_check
from services.ingest.use_cases.read_upload import read_upload, refuse_unread


def subscriptions(platform: Platform, resources: Resources) -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        _read_upload(platform, resources),
        _check_upload(platform, resources),
        *job_subscriptions(platform, resources),
    ]


def _read_upload(platform: Platform, resources: Resources) -> Subscription:
    settings = resources.settings
    limits = ReadingLimits(settings.reading_memory_bytes, settings.reading_cpu_seconds, settings.max_text_chars)
    handler = functools.partial(
        read_upload,
        open_uow=platform.open_uow,
        storage=resources.storage,
        limits=limits,
        large_lane=asyncio.Lock(),
    )
    return Subscription(
        "ingest.read_upload", handler, calls_out=True, prefetch=2, timeout_s=1500, on_dead=refuse_unread
    )


def _check_upload(platform: Platform, resources: Resources) -> Subscription:
    handler = functools.partial(check_upload, open_uow=platform.open_uow, storage=resources.storage)
    return Subscription(
        "ingest.check_upload", handler, calls_out=True, prefetch=2, timeout_s=1500, on_dead=give_up_check
    )
