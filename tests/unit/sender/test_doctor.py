"""What a domain has published, and what a person is told to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.sender.domain.mailboxes.account import ApiAccount
from services.sender.domain.mailboxes.dkim import record_of
from services.sender.domain.mailboxes.doctor import Finding
from services.sender.domain.mailboxes.mailbox import Dkim, MailboxView, Provider, Server
from services.sender.domain.mailboxes.presets import PRESETS, preset_of, preset_of_host
from services.sender.use_cases.examine_mailbox import examine, walk

GMAIL = Server("smtp.gmail.com", 465, "tls", "ann@team.example")
OWN = Server("mail.team.example", 465, "tls", "ann@team.example")
DKIM = Dkim("corofy1", "RSAKEY", "EDKEY")
GOOD = {
    "team.example": ["v=spf1 include:_spf.google.com ~all", "google-site-verification=x"],
    "_spf.google.com": ["v=spf1 include:_netblocks.google.com ~all"],
    "_netblocks.google.com": ["v=spf1 ip4:35.190.247.0/24 ~all"],
    "google._domainkey.team.example": ["v=DKIM1; k=rsa; p=AAAA"],
    "_dmarc.team.example": ["v=DMARC1; p=quarantine; rua=mailto:x@team.example"],
}
SIGNED = {
    "corofy1r._domainkey.team.example": [record_of("rsa", "RSAKEY")],
    "corofy1e._domainkey.team.example": [record_of("ed25519", "EDKEY")],
}


@dataclass
class Zone:
    """DNS as a dictionary; counts what it was asked."""

    texts: Mapping[str, list[str]]
    receivers: list[str] = field(default_factory=lambda: ["aspmx.l.google.com"])
    asked: list[str] = field(default_factory=list[str])

    async def txt(self, name: str) -> list[str]:
        self.asked.append(name)
        return self.texts.get(name, [])

    async def mx(self, name: str) -> list[str]:
        self.asked.append(name)
        return self.receivers


def view(*, server: Server = GMAIL, dkim: Dkim | None = None, address: str = "ann@team.example") -> MailboxView:
    return MailboxView(
        id=UUID(int=1),
        workspace_id=UUID(int=2),
        provider="smtp",
        address=address,
        name="Ann",
        reply_to=None,
        sandboxed=False,
        server=server,
        account=None,
        dkim=dkim,
        has_secrets=True,
        version=1,
        daily_quota=None,
        ramp=None,
        pause=None,
        trouble=None,
        retry_at=None,
        refusals=0,
        created_at=datetime(2027, 1, 1, tzinfo=UTC),
    )


async def found(zone: Zone, **more: object) -> dict[str, Finding]:
    return {one.subject: one for one in await examine(view(**more), zone)}  # pyright: ignore[reportArgumentType] - as given


async def test_a_well_kept_domain_passes_everything() -> None:
    """Red when a good domain is nagged."""
    assert {one.verdict for one in (await found(Zone(GOOD))).values()} == {"ok"}
    own = await found(Zone({**GOOD, **SIGNED}), dkim=DKIM)
    assert own["dkim"].verdict == "ok"


@pytest.mark.parametrize(
    ("changes", "subject", "verdict", "words"),
    [
        ({"team.example": []}, "spf", "fail", "v=spf1 include:_spf.google.com ~all"),
        ({"team.example": ["v=spf1 -all", "v=spf1 mx -all"]}, "spf", "fail", "2 SPF records"),
        ({"team.example": ["v=spf1 ip4:1.2.3.4 -all"]}, "spf", "fail", "add include:_spf.google.com"),
        ({"team.example": ["v=spf1 include:_spf.google.com +all"]}, "spf", "warn", "everybody"),
        ({"google._domainkey.team.example": []}, "dkim", "warn", "Turn DKIM on"),
        ({"_dmarc.team.example": []}, "dmarc", "fail", "publish 'v=DMARC1"),
        ({"_dmarc.team.example": ["v=DMARC1; p=none"]}, "dmarc", "warn", "Raise it"),
        ({"_dmarc.team.example": ["v=DMARC1; rua=mailto:x@y"]}, "dmarc", "fail", "no policy"),
        ({"_dmarc.team.example": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "dmarc", "fail", "2 DMARC records"),
    ],
)
async def test_what_is_wrong_is_told_with_what_to_do(
    changes: dict[str, list[str]], subject: str, verdict: str, words: str
) -> None:
    """Red when a fault is missed, or the sentence leaves a person without the next step."""
    finding = (await found(Zone({**GOOD, **changes})))[subject]
    assert finding.verdict == verdict
    assert words in finding.sentence


async def test_a_policy_without_anything_that_passes_refuses_the_mail() -> None:
    """Red when p=reject looks fine although neither SPF nor DKIM passes."""
    zone = Zone({"_dmarc.team.example": ["v=DMARC1; p=reject"]})
    assert "will be refused" in (await found(zone))["dmarc"].sentence


async def test_an_spf_record_with_too_many_look_ups_counts_as_an_error() -> None:
    """RFC 7208, 4.6.4: red when the look-ups of included records are not counted, or a loop is walked for ever."""
    chain = {f"s{n}.example": [f"v=spf1 include:s{n + 1}.example a -all"] for n in range(30)}
    zone = Zone({**GOOD, **chain, "team.example": ["v=spf1 include:s0.example -all"]})
    assert "more than 10" in (await found(zone))["spf"].sentence
    assert len(zone.asked) < 20
    loop = Zone({"a.example": ["v=spf1 include:b.example -all"], "b.example": ["v=spf1 include:a.example -all"]})
    assert (await walk(loop, "v=spf1 include:a.example -all"))[0] == 3
    ten = {f"i{n}.example": ["v=spf1 ip4:1.2.3.4 -all"] for n in range(10)}
    listed = " ".join(f"include:i{n}.example" for n in range(10))
    assert (await walk(Zone(ten), f"v=spf1 {listed} ip4:1.1.1.1 -all"))[0] == 10


@pytest.mark.parametrize(
    ("published", "verdict", "words"),
    [
        ({}, "fail", "not published"),
        ({"corofy1r._domainkey.team.example": ["v=DKIM1; p=OTHER"]}, "fail", "Another key"),
        ({"corofy1r._domainkey.team.example": SIGNED["corofy1r._domainkey.team.example"]}, "warn", "corofy1e"),
        ({**SIGNED, "corofy1r._domainkey.team.example": ["v=DKIM1; k=rsa; p=RSA KEY"]}, "ok", "signed"),
    ],
)
async def test_the_published_key_is_held_against_ours(
    published: dict[str, list[str]], verdict: str, words: str
) -> None:
    """Red when another key, or one of two, passes for ours; or blanks in a record make it another one."""
    finding = (await found(Zone({**GOOD, **published}), dkim=DKIM))["dkim"]
    assert finding.verdict == verdict
    assert words in finding.sentence


async def test_a_host_of_ones_own_is_known_by_its_mx() -> None:
    """Red when a server that takes the domain's mail, and is allowed by `mx`, is doubted."""
    zone = Zone({**GOOD, "team.example": ["v=spf1 mx -all"]}, receivers=["mail.team.example"])
    assert (await found(zone, server=OWN))["spf"].verdict == "ok"
    other = Zone({**GOOD, "team.example": ["v=spf1 ip4:1.2.3.4 -all"]})
    assert (await found(other, server=OWN))["spf"].verdict == "warn", "nothing is known of it"


async def test_a_domain_that_takes_no_mail_loses_its_answers() -> None:
    assert (await found(Zone(GOOD, receivers=[])))["mx"].verdict == "fail"


async def test_the_policy_of_the_domain_above_counts_for_one_below() -> None:
    """RFC 7489, 6.6.3: red when a subdomain without a record of its own looks unprotected."""
    zone = Zone({"_dmarc.team.example": ["v=DMARC1; p=reject"], "mail.team.example": GOOD["team.example"], **GOOD})
    assert "p" in (await found(zone, address="ann@mail.team.example"))["dmarc"].sentence
    assert (await found(zone, address="ann@mail.team.example"))["dmarc"].verdict != "fail"


@pytest.mark.parametrize(
    ("domain", "receivers", "name"),
    [
        ("gmail.com", [], "gmail"),
        ("Outlook.com", [], "outlook"),
        ("team.example", ["aspmx.l.google.com"], "google_workspace"),
        ("team.example", ["team-example.mail.protection.outlook.com."], "microsoft_365"),
        ("team.example", ["in1-smtp.messagingengine.com"], "fastmail"),
        ("team.example", ["mx00.ionos.de"], "ionos_de"),
        ("team.example", ["evilgoogle.com"], None),
        ("team.example", [], None),
    ],
)
def test_the_host_of_an_address_is_known_by_its_domain_or_its_receivers(
    domain: str, receivers: list[str], name: str | None
) -> None:
    """Red when a name that only ends alike passes for Google's."""
    preset = preset_of(domain, receivers=receivers)
    assert (preset.name if preset else None) == name


def test_presets_are_names_of_their_own_and_none_is_without_tls() -> None:
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    assert {(preset.port, preset.security) for preset in PRESETS} == {(465, "tls"), (587, "starttls")}
    assert preset_of_host("smtp.office365.com") is not None


@pytest.mark.parametrize(
    ("provider", "account", "texts", "verdict", "label"),
    [
        ("sendgrid", ApiAccount(), {"s1._domainkey.team.example": ["k=rsa; p=abc"]}, "ok", "SendGrid"),
        ("sendgrid", ApiAccount(), {}, "warn", "SendGrid"),
        ("mailgun", ApiAccount("mg.team.example"), {"mx._domainkey.mg.team.example": ["p=abc"]}, "ok", "Mailgun"),
        ("mailgun", ApiAccount("mg.team.example"), {"mx._domainkey.team.example": ["p=abc"]}, "warn", "Mailgun"),
        ("instantly", ApiAccount(), {"google._domainkey.team.example": ["p=abc"]}, "ok", "Google"),
    ],
)
async def test_who_signs_by_himself_is_not_told_to_let_us_sign(
    provider: Provider, account: ApiAccount, texts: dict[str, list[str]], verdict: str, label: str
) -> None:
    """Red when a person is sent to make a key that is then refused."""
    theirs = replace(view(), provider=provider, server=None, account=account)
    found = {one.subject: one for one in await examine(theirs, Zone(texts))}
    assert found["dkim"].verdict == verdict
    assert label in found["dkim"].sentence
