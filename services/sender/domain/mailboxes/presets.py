"""Where the mail servers of well-known hosts are: by the address's domain, or by who receives its mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.sender.domain.mailboxes.mailbox import Security

OAuthProvider = Literal["google", "microsoft"]


@dataclass(frozen=True, slots=True)
class Preset:
    """`domains` are addresses' own; `receivers` end the names of the MX hosts. `daily_limit` is the host's own, where known.

    `spf` is the include that allows the host, `dkim` the selector under which it publishes its own key by default.
    """

    name: str
    label: str
    host: str
    port: int
    security: Security
    domains: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    oauth: OAuthProvider | None = None
    spf: str = ""
    dkim: str = ""
    daily_limit: int | None = None
    note: str = ""


_BY_APP: Final = "Sign in with an app password: the account's own does not work here."

PRESETS: Final[tuple[Preset, ...]] = (
    Preset(
        "gmail",
        "Gmail",
        "smtp.gmail.com",
        465,
        "tls",
        domains=("gmail.com", "googlemail.com"),
        oauth="google",
        daily_limit=500,
        note="Connect with Google, or use an app password.",
        spf="_spf.google.com",
        dkim="google",
    ),
    Preset(
        "google_workspace",
        "Google Workspace",
        "smtp.gmail.com",
        465,
        "tls",
        receivers=("google.com", "googlemail.com"),
        oauth="google",
        daily_limit=2000,
        note="Connect with Google, or use an app password.",
        spf="_spf.google.com",
        dkim="google",
    ),
    Preset(
        "outlook",
        "Outlook.com",
        "smtp-mail.outlook.com",
        587,
        "starttls",
        domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
        oauth="microsoft",
        daily_limit=300,
        note="Connect with Microsoft: passwords are not accepted.",
        spf="spf.protection.outlook.com",
        dkim="selector1",
    ),
    Preset(
        "microsoft_365",
        "Microsoft 365",
        "smtp.office365.com",
        587,
        "starttls",
        receivers=("mail.protection.outlook.com", "mx.microsoft"),
        oauth="microsoft",
        daily_limit=10_000,
        note="Connect with Microsoft. An administrator must allow authenticated SMTP for the mailbox.",
        spf="spf.protection.outlook.com",
        dkim="selector1",
    ),
    Preset(
        "zoho",
        "Zoho Mail",
        "smtppro.zoho.com",
        465,
        "tls",
        domains=("zohomail.com",),
        receivers=("zoho.com",),
        note=_BY_APP,
        spf="zohomail.com",
        dkim="zmail",
    ),
    Preset(
        "zoho_eu",
        "Zoho Mail (EU)",
        "smtppro.zoho.eu",
        465,
        "tls",
        receivers=("zoho.eu",),
        note=_BY_APP,
        spf="zohomail.eu",
        dkim="zmail",
    ),
    Preset(
        "fastmail",
        "Fastmail",
        "smtp.fastmail.com",
        465,
        "tls",
        domains=("fastmail.com", "fastmail.fm"),
        receivers=("messagingengine.com",),
        note=_BY_APP,
        spf="spf.messagingengine.com",
        dkim="fm1",
    ),
    Preset(
        "yahoo",
        "Yahoo Mail",
        "smtp.mail.yahoo.com",
        465,
        "tls",
        domains=("yahoo.com", "ymail.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr"),
        receivers=("yahoodns.net",),
        daily_limit=500,
        note=_BY_APP,
    ),
    Preset("aol", "AOL Mail", "smtp.aol.com", 465, "tls", domains=("aol.com",), note=_BY_APP),
    Preset(
        "icloud",
        "iCloud Mail",
        "smtp.mail.me.com",
        587,
        "starttls",
        domains=("icloud.com", "me.com", "mac.com"),
        receivers=("mail.icloud.com",),
        daily_limit=1000,
        note=_BY_APP,
        spf="icloud.com",
        dkim="sig1",
    ),
    Preset(
        "proton",
        "Proton Mail",
        "smtp.protonmail.ch",
        587,
        "starttls",
        receivers=("protonmail.ch",),
        note="Sign in with an SMTP token, which business plans have for addresses of their own domains.",
        spf="_spf.protonmail.ch",
        dkim="protonmail",
    ),
    Preset("gmx_de", "GMX", "mail.gmx.net", 465, "tls", domains=("gmx.de", "gmx.net", "gmx.at", "gmx.ch")),
    Preset("gmx", "GMX", "mail.gmx.com", 465, "tls", domains=("gmx.com",)),
    Preset("web_de", "WEB.DE", "smtp.web.de", 587, "starttls", domains=("web.de",)),
    Preset(
        "ionos_de",
        "IONOS",
        "smtp.ionos.de",
        465,
        "tls",
        receivers=("kundenserver.de", "ionos.de"),
        spf="_spf.kundenserver.de",
    ),
    Preset(
        "ionos", "IONOS", "smtp.ionos.com", 465, "tls", receivers=("perfora.net", "ionos.com"), spf="_spf.perfora.net"
    ),
    Preset("ovh", "OVHcloud", "ssl0.ovh.net", 465, "tls", receivers=("ovh.net",), spf="mx.ovh.com"),
    Preset(
        "godaddy",
        "GoDaddy",
        "smtpout.secureserver.net",
        465,
        "tls",
        receivers=("secureserver.net",),
        spf="secureserver.net",
    ),
    Preset(
        "namecheap",
        "Private Email",
        "mail.privateemail.com",
        465,
        "tls",
        receivers=("privateemail.com",),
        spf="spf.privateemail.com",
        dkim="default",
    ),
    Preset(
        "hostinger",
        "Hostinger",
        "smtp.hostinger.com",
        465,
        "tls",
        receivers=("hostinger.com",),
        spf="_spf.mail.hostinger.com",
        dkim="hostingermail1",
    ),
    Preset(
        "rackspace", "Rackspace", "secure.emailsrvr.com", 465, "tls", receivers=("emailsrvr.com",), spf="emailsrvr.com"
    ),
    Preset(
        "migadu", "Migadu", "smtp.migadu.com", 465, "tls", receivers=("migadu.com",), spf="spf.migadu.com", dkim="key1"
    ),
    Preset(
        "mailbox_org",
        "mailbox.org",
        "smtp.mailbox.org",
        465,
        "tls",
        domains=("mailbox.org",),
        receivers=("mailbox.org",),
        spf="mailbox.org",
        dkim="mbo0001",
    ),
    Preset(
        "yandex",
        "Yandex",
        "smtp.yandex.com",
        465,
        "tls",
        domains=("yandex.com", "yandex.ru"),
        receivers=("yandex.net", "yandex.ru"),
        note=_BY_APP,
        spf="_spf.yandex.net",
        dkim="mail",
    ),
)


def preset_of(domain: str, *, receivers: Sequence[str] = ()) -> Preset | None:
    """The host behind an address's domain; `receivers` are the names of its MX hosts, the preferred one first."""
    own = domain.lower().rstrip(".")
    for preset in PRESETS:
        if own in preset.domains:
            return preset
    for receiver in receivers:
        name = receiver.lower().rstrip(".")
        for preset in PRESETS:
            if any(name == end or name.endswith(f".{end}") for end in preset.receivers):
                return preset
    return None


def preset_named(oauth: OAuthProvider, *, personal: bool) -> Preset:
    """The host of an address that has signed in with Google or Microsoft."""
    name = {
        ("google", True): "gmail",
        ("google", False): "google_workspace",
        ("microsoft", True): "outlook",
        ("microsoft", False): "microsoft_365",
    }[oauth, personal]
    return next(preset for preset in PRESETS if preset.name == name)


def preset_of_host(host: str) -> Preset | None:
    """The well-known host that a mail server belongs to."""
    return next((preset for preset in PRESETS if preset.host == host), None)
