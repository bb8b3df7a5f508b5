"""An account at a mail provider with an API, as far as it is no secret."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from libs.common.errors import Conflict, Invalid

Region = Literal["us", "eu"]
WITH_API: Final = frozenset({"sendgrid", "mailgun", "instantly"})
"""Providers that are called over HTTP with a key. They sign mail themselves."""
HANDING_OVER: Final = frozenset({"instantly"})
"""Providers that schedule by themselves."""
SIGNERS: Final = {
    "sendgrid": ("SendGrid", ("s1", "s2")),
    "mailgun": ("Mailgun", ("pic", "mailo", "mx", "smtp", "k1", "krs")),
}
"""What they are called, and the names under which their keys are usually published on the sending domain."""
HAND_OVER_NOTE: Final = (
    "Instantly schedules by itself: what counts as sent here was handed over, and leaves in this campaign's hours of the"
    " workspace's time zone when Instantly thinks best."
)
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_MOST_ACCOUNTS: Final = 100


@dataclass(frozen=True, slots=True)
class ApiAccount:
    """`domain` and `region` are Mailgun's; `accounts` are the mailboxes at Instantly that its campaigns send from."""

    domain: str = ""
    region: Region = "us"
    accounts: tuple[str, ...] = ()

    @property
    def as_json(self) -> dict[str, Any]:
        """As the table keeps it."""
        return {"domain": self.domain, "region": self.region, "accounts": list(self.accounts)}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "ApiAccount":
        return cls(kept["domain"], kept["region"], tuple(kept["accounts"]))


def hand_over_note(notes: Sequence[str | None]) -> str | None:
    """What a person should know of a campaign that is handed over, with the troubles there; None for one that is not."""
    troubles = [f"Trouble there: {trouble}" for trouble in notes if trouble]
    return " ".join([HAND_OVER_NOTE, *troubles]) if notes else None


def checked_account(provider: str, account: ApiAccount | None, *, address: str) -> ApiAccount:
    """The account as it may be kept: what is left out follows from the address. Raises Invalid `account_malformed`."""
    given = account or ApiAccount()
    if provider == "mailgun":
        domain = (given.domain or address.rpartition("@")[2]).strip().rstrip(".").lower()
        if not _DOMAIN.fullmatch(domain):
            msg = f"{domain[:100]!r} is no sending domain: give the one that Mailgun lists, such as mg.example.com"
            raise Invalid(msg, code="account_malformed")
        return ApiAccount(domain, given.region)
    if provider == "instantly":
        accounts = tuple(dict.fromkeys(one.strip().lower() for one in given.accounts)) or (address,)
        if len(accounts) > _MOST_ACCOUNTS or not all("@" in one for one in accounts):
            msg = f"accounts are at most {_MOST_ACCOUNTS} addresses of mailboxes that are connected at Instantly"
            raise Invalid(msg, code="account_malformed")
        return ApiAccount(accounts=accounts)
    return ApiAccount()


def check_connected(accounts: Collection[str], *, connected: Collection[str]) -> None:
    """Raises Conflict `account_unknown` with those that the provider does not have."""
    known = {one.lower() for one in connected}
    missing = [one for one in accounts if one not in known]
    if missing:
        first = ", ".join(missing[:5])
        msg = f"Instantly has no connected mailbox {first}: connect it there, or leave it out"
        raise Conflict(msg, code="account_unknown", extra={"accounts": missing})
