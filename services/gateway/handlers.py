"""The gateway's queues."""

import functools
from collections.abc import Sequence

from libs.common.messaging.consumer import Subscription
from services.gateway.use_cases.mail_notices import Readers, mail_notices
from services.gateway.use_cases.note_entitlements import note_entitlements
from services.gateway.use_cases.record_history import record_history


def subscriptions(readers: Readers) -> Sequence[Subscription]:
    """One subscription per queue."""
    return [
        Subscription("gateway.record_history", record_history, prefetch=16),
        Subscription("gateway.note_entitlements", note_entitlements, prefetch=4),
        Subscription("gateway.mail_notices", functools.partial(mail_notices, readers=readers), prefetch=2),
    ]
