"""The clock edge: probes and sweepers."""

import functools

from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.tools import Tools
from services.enrich.use_cases.probe_providers import probe_providers
from services.enrich.use_cases.reap_checkpoints import reap_checkpoints


def schedules(open_uow: UnitOfWorkFactory, tools: Tools) -> list[Schedule]:
    """Every few seconds ask who is back, when it is due; every hour forget what a week-old job left."""
    return [
        Schedule("probe_providers", 5, functools.partial(probe_providers, open_uow, tools)),
        Schedule("reap_checkpoints", 3600, functools.partial(reap_checkpoints, open_uow), timeout_s=600),
    ]
