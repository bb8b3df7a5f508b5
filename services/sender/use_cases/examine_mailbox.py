"""The doctor: what the mailbox's domain has published, asked of DNS and judged. Asked again only after a while."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from libs.common.uow import OpenUow
from services.sender.clients.dns import DnsAway, Records
from services.sender.domain.mailboxes import doctor
from services.sender.domain.mailboxes.account import HANDING_OVER, SIGNERS
from services.sender.domain.mailboxes.doctor import MOST_LOOKUPS, Finding
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.domain.mailboxes.presets import Preset, preset_of, preset_of_host
from services.sender.repositories import mailboxes
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases.change_mailbox import own_mailbox
from services.sender.use_cases.make_dkim_key import records_of

FRESH: Final = timedelta(minutes=10)
_BOUND_S: Final = 15


@dataclass(frozen=True)
class Report:
    """What was found, and when."""

    findings: Sequence[Finding]
    examined_at: datetime


async def examine_mailbox(
    mailbox_id: UUID, *, open_uow: OpenUow, workspace_id: UUID, records: Records, again: bool
) -> Report:
    """At most ten minutes old; `again` looks anew. Raises NotFound `mailbox_not_found`, Transient `dns_away`."""
    async with open_uow() as uow:
        view = await own_mailbox(uow, mailbox_id, workspace_id=workspace_id)
        now = await database_now(uow.conn)
        kept = await mailboxes.load_findings(uow.conn, mailbox_id)
    if kept is not None and not again and kept[1] > now - FRESH:
        return Report([Finding(**one) for one in kept[0]], kept[1])
    try:
        async with asyncio.timeout(_BOUND_S):
            findings = await examine(view, records)
    except TimeoutError as error:
        msg = f"the name servers of {view.domain} take too long: try again in a moment"
        raise DnsAway(msg) from error
    async with open_uow() as uow:
        await mailboxes.keep_findings(uow.conn, mailbox_id, [asdict(one) for one in findings], now=now)
    return Report(findings, now)


async def examine(view: MailboxView, records: Records) -> list[Finding]:
    """All four, in the order in which they are mended. Raises DnsAway."""
    domain = view.domain
    hosts = await records.mx(domain)
    host = preset_of_host(view.server.host) if view.server else None
    if view.provider in HANDING_OVER:
        # Its accounts are mailboxes at their own hosts.
        host = preset_of(domain, receivers=hosts)
    spf = await _spf(view, records, hosts=hosts, host=host)
    dkim = await _dkim(view, records, host=host)
    policies = await records.txt(f"_dmarc.{domain}") or await records.txt(f"_dmarc.{_organisation(domain)}")
    dmarc = doctor.dmarc(policies, spf_ok=spf.verdict == "ok", dkim_ok=dkim.verdict == "ok")
    return [spf, dkim, dmarc, doctor.mx(hosts, preset=preset_of(domain, receivers=hosts))]


async def _spf(view: MailboxView, records: Records, *, hosts: Sequence[str], host: Preset | None) -> Finding:
    own = await spf_records(records, view.domain)
    lookups, included = await walk(records, own[0]) if len(own) == 1 else (0, set[str]())
    include = host.spf if host else ""
    allows: bool | None = include in included if include else None
    if allows is None and own and view.server and view.server.host in hosts and "mx" in doctor.mechanisms_of(own[0]):
        allows = True
    return doctor.spf(own, lookups=lookups, allows_host=allows, include=include)


async def _dkim(view: MailboxView, records: Records, *, host: Preset | None) -> Finding:
    if view.account is not None and view.provider in SIGNERS:
        label, names = SIGNERS[view.provider]
        return doctor.signed_by_host(await _has_key(records, names, view.account.domain or view.domain), label)
    if view.dkim is None and host is not None and host.dkim:
        return doctor.signed_by_host(await _has_key(records, (host.dkim,), view.domain), host.label)
    if view.has_api:
        return doctor.signed_by_host(None, "The account's own host")
    if view.dkim is None:
        return doctor.dkim([])
    wanted = records_of(view.dkim, domain=view.domain)
    keys = (view.dkim.rsa, view.dkim.ed25519)
    return doctor.dkim([(one.name, await records.txt(one.name), key) for one, key in zip(wanted, keys, strict=True)])


async def _has_key(records: Records, names: Sequence[str], domain: str) -> bool:
    """Whether a key is published under one of these names."""
    for name in names:
        if any("p=" in one for one in await records.txt(f"{name}._domainkey.{domain}")):
            return True
    return False


async def spf_records(records: Records, domain: str) -> list[str]:
    """The SPF records of a domain."""
    return [one for one in await records.txt(domain) if one.lower() == "v=spf1" or one.lower().startswith("v=spf1 ")]


async def walk(records: Records, record: str) -> tuple[int, set[str]]:
    """How many look-ups a record needs with all that it includes, and the domains it includes. Stops once it is too many."""
    lookups, included, left = 0, set[str](), [record]
    while left and lookups <= MOST_LOOKUPS:
        for term in doctor.mechanisms_of(left.pop()):
            lookups += doctor.counts(term)
            domain = doctor.led_to(term)
            if domain and domain not in included and lookups <= MOST_LOOKUPS:
                included.add(domain)
                left += (await spf_records(records, domain))[:1]
    return lookups, included


def _organisation(domain: str) -> str:
    """The domain above, whose policy counts where there is none: near enough to the public suffix list for a hint."""
    parts = domain.split(".")
    return ".".join(parts[-2:]) if len(parts) > 2 else domain
