"""The clock edge: probes and sweepers."""

import functools

from libs.common.clock import utc_now
from libs.common.erasing import erase_schedule
from libs.common.schedules import Schedule
from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.keyring import Keyring
from services.enrich.clients.tools import Tools
from services.enrich.use_cases.delete_workspace import erasing_of
from services.enrich.use_cases.erase_lead import sweep_erased
from services.enrich.use_cases.forget_days import forget_days
from services.enrich.use_cases.probe_providers import probe_providers
from services.enrich.use_cases.reap_checkpoints import reap_checkpoints
from services.enrich.use_cases.reseal_provider_keys import reseal_provider_keys
from services.enrich.use_cases.sweep_companies import sweep_companies
from services.enrich.use_cases.sweep_websites import sweep_websites

_REAPING_S = 540
"""Ends by itself before it is ended: what was not finished is no failure."""


def schedules(open_uow: UnitOfWorkFactory, tools: Tools, keyring: Keyring, *, company_fresh_s: float) -> list[Schedule]:
    """Every few seconds ask who is back, when it is due; every hour forget old days and old jobs, and seal keys anew."""
    reap = functools.partial(reap_checkpoints, open_uow, within_s=_REAPING_S)

    async def forget_erased() -> None:
        await sweep_erased(open_uow, now=utc_now())

    return [
        erase_schedule(erasing_of(open_uow), open_uow=open_uow),
        Schedule("sweep_erased", 60, forget_erased),
        Schedule("probe_providers", 5, functools.partial(probe_providers, open_uow, tools)),
        Schedule("reseal_provider_keys", 3600, functools.partial(reseal_provider_keys, open_uow, keyring)),
        Schedule("forget_days", 3600, functools.partial(forget_days, open_uow)),
        Schedule("sweep_companies", 3600, functools.partial(sweep_companies, open_uow, fresh_s=company_fresh_s)),
        Schedule("sweep_websites", 3600, functools.partial(sweep_websites, open_uow)),
        Schedule("reap_checkpoints", 3600, reap, timeout_s=_REAPING_S + 60),
    ]
