"""E-mail and web addresses as they stand in cells: what is wrong with them, and which are the same one."""

import re
from dataclasses import dataclass
from typing import Literal

from email_validator import EmailNotValidError, validate_email

MailFault = Literal["bad_email", "placeholder_email"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
# What nearly every address looks like. The rest (quotes, letters that are not ASCII) is for email-validator, which takes
# fifty times as long.
_PLAIN_MAIL = re.compile(
    rf"(?=.{{6,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]+)"
)
_HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]+)")
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_PORT = re.compile(r":\d{1,5}\Z")

_BLANKS = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "–",
        "—",
        ".",
        "/",
        "?",
        "x",
        "xx",
        "xxx",
        "n/a",
        "n.a.",
        "n/a.",
        "na",
        "#n/a",
        "none",
        "null",
        "nil",
    }
    | {
        "unknown",
        "unbekannt",
        "inconnu",
        "desconocido",
        "bilinmiyor",
        "onbekend",
        "keine",
        "kein",
        "tbd",
        "tba",
        "test",
    }
)
_EXAMPLE_LOCALS = frozenset(
    {"test", "email", "mail", "example", "noemail", "no-email", "none", "name", "user", "xxx", "a", "abc"}
)
_EXAMPLE_HOSTS = frozenset(
    {
        "test",
        "test.com",
        "example.com",
        "example.org",
        "example.net",
        "email.com",
        "mail.com",
        "domain.com",
        "none.com",
        "abc.com",
    }
)
_ROLE_LOCALS = _words(
    "abuse accounting accounts admin administrator billing buchhaltung bewerbung career careers contact contacto contact-us"
    " einkauf empfang enquiries enquiry finance feedback hallo hello help hr hostmaster iletisim info information infos jobs"
    " kontakt kundenservice mail mailbox marketing media newsletter noreply no-reply office orders personal postmaster presse"
    " press privacy recepcion reception rechnung sales secretariat sekretariat service services shop support team ventas"
    " verkauf vertrieb verkoop webmaster welcome"
)
_TAGS_WITH_PLUS = _words(
    "gmail.com outlook.com hotmail.com live.com msn.com icloud.com me.com mac.com fastmail.com proton.me protonmail.com"
)
_SAME_HOST = {"googlemail.com": "gmail.com", "pm.me": "proton.me"}
FREE_MAIL = _words(
    "gmail.com googlemail.com outlook.com hotmail.com hotmail.de hotmail.fr live.com msn.com yahoo.com yahoo.co.uk yahoo.de"
    " yahoo.fr ymail.com aol.com icloud.com me.com mac.com proton.me protonmail.com pm.me fastmail.com gmx.com gmx.de gmx.net"
    " gmx.at gmx.ch web.de t-online.de freenet.de mail.ru yandex.ru qq.com 163.com 126.com libero.it orange.fr free.fr"
    " wanadoo.fr sfr.fr laposte.net wp.pl o2.pl seznam.cz ziggo.nl kpnmail.nl telenet.be bluewin.ch mynet.com"
)
_SHARED_SITES = (
    *(".facebook.com", ".instagram.com", ".linkedin.com", ".twitter.com", ".x.com", ".tiktok.com", ".youtube.com"),
    *(".xing.com", ".pinterest.com", ".threads.net", ".vk.com", ".linktr.ee", ".wikipedia.org"),
)


@dataclass(frozen=True)
class Mail:
    """An address in small letters, its host in the form that DNS knows (`xn--…`)."""

    local: str
    host: str

    @property
    def is_role(self) -> bool:
        """Whether it is a function's and not a person's: info@, sales@."""
        return self.local in _ROLE_LOCALS

    @property
    def company_host(self) -> str:
        """The host, unless everybody may have an address there."""
        return "" if self.host in FREE_MAIL else self.host

    @property
    def mailbox(self) -> str:
        """Equal for addresses that reach the same mailbox: Gmail passes over dots, some hosts over what follows a `+`."""
        host = _SAME_HOST.get(self.host, self.host)
        local = self.local.split("+", 1)[0] if host in _TAGS_WITH_PLUS else self.local
        return f"{local.replace('.', '') if host == 'gmail.com' else local}@{host}"


def is_blank(text: str) -> bool:
    """Whether a cell says nothing, in whatever words: empty, a dash, "n/a", "unknown"."""
    return text.strip().casefold() in _BLANKS


def read_mail(text: str) -> Mail | MailFault:
    """The address in a cell that is not empty, or what is wrong with it. Nobody is asked whether it exists."""
    mail = text.strip().lower()
    if mail in _BLANKS:
        return "placeholder_email"
    local, _, host = mail.rpartition("@")
    if host in _EXAMPLE_HOSTS and local in _EXAMPLE_LOCALS:
        return "placeholder_email"
    return Mail(local, host) if _PLAIN_MAIL.fullmatch(mail) else _doubtful(text.strip())


def _doubtful(text: str) -> Mail | MailFault:
    if text.isascii() and '"' not in text:
        return "bad_email"
    try:
        found = validate_email(text, check_deliverability=False, allow_quoted_local=True)
    except EmailNotValidError:
        return "bad_email"
    return Mail(found.local_part.casefold(), found.ascii_domain.lower())


def host_of(text: str) -> str | None:
    """The host of a web address in a cell, without `www.`, as DNS knows it. None when the cell holds no web address."""
    rest = _SCHEME.sub("", text.strip(), count=1)
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].lower().rstrip(".")
    host = _PORT.sub("", host).removeprefix("www.")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return host if _HOST.fullmatch(host) else None


def is_shared_site(host: str) -> bool:
    """Whether many have a page there, so that the host is nobody's own."""
    return f".{host}".endswith(_SHARED_SITES)
