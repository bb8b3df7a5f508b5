"""What a sending domain has published, held against what receivers ask for: SPF, DKIM, DMARC and MX, each with what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.sender.domain.mailboxes.presets import Preset

MOST_LOOKUPS: Final = 10
"""RFC 7208, 4.6.4: a record that needs more counts as an error."""
Subject = Literal["spf", "dkim", "dmarc", "mx"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` was looked at; the sentence says what was found, and unless it is ok, what to do."""

    subject: Subject
    verdict: Literal["ok", "warn", "fail"]
    sentence: str


def mechanisms_of(record: str) -> list[str]:
    """The terms of an SPF record, without their qualifiers, in lower case."""
    return [term.lstrip("+-~?").lower() for term in record.split()[1:]]


def counts(term: str) -> bool:
    """Whether a term asks DNS again (RFC 7208, 4.6.4)."""
    name = term.partition(":")[0].partition("/")[0]
    return name in {"a", "mx", "ptr", "include", "exists"} or term.startswith("redirect=")


def led_to(term: str) -> str:
    """The domain whose record goes on; empty where none does."""
    for word in ("include:", "redirect="):
        if term.startswith(word):
            return term.removeprefix(word)
    return ""


def spf(records: Sequence[str], *, lookups: int, allows_host: bool | None, include: str) -> Finding:
    """`records` are the domain's own SPF records, `lookups` all that they need. `allows_host` None: nothing is known of the
    host. `include` is what would allow it."""
    add = f"add include:{include} to the record" if include else "ask your mail host which include it needs"
    if not records:
        publish = f"v=spf1 include:{include} ~all" if include else "v=spf1 … ~all, with what your mail host names"
        return Finding("spf", "fail", f"There is no SPF record: publish the TXT record {publish!r} on the domain.")
    if len(records) > 1:
        return Finding(
            "spf", "fail", f"There are {len(records)} SPF records, which counts as none: merge them into one."
        )
    if lookups > MOST_LOOKUPS:
        return Finding(
            "spf",
            "fail",
            f"The SPF record needs {lookups} look-ups, and more than 10 count as an error: take includes out.",
        )
    if "+all" in records[0].lower().split():
        return Finding("spf", "warn", "The SPF record lets everybody send for the domain: end it with ~all or -all.")
    if allows_host is False:
        return Finding("spf", "fail", f"The SPF record does not name the mail host: {add}.")
    if allows_host is None:
        return Finding(
            "spf", "warn", f"There is an SPF record ({lookups} look-ups). Whether it names your mail host: {add}."
        )
    return Finding("spf", "ok", f"The SPF record names the mail host and needs {lookups} of 10 look-ups.")


def dkim(published: Sequence[tuple[str, Sequence[str], str]]) -> Finding:
    """Of each of our keys: its name, the TXT records found there, and the public half that should be."""
    if not published:
        return Finding("dkim", "warn", "Mail is not signed by us: make a key for this mailbox and publish its records.")
    missing = [name for name, found, _ in published if not any("p=" in one for one in found)]
    if len(missing) == len(published):
        return Finding("dkim", "fail", f"The key is not published: add the TXT records {', '.join(missing)}.")
    wrong = [name for name, found, ours in published if found and not any(_key_of(one) == ours for one in found)]
    if wrong:
        return Finding(
            "dkim", "fail", f"Another key than ours is published: replace the TXT record {', '.join(wrong)}."
        )
    if missing:
        return Finding(
            "dkim", "warn", f"One of the two keys is not published: add the TXT record {', '.join(missing)}."
        )
    return Finding("dkim", "ok", "The published keys are the ones that mail is signed with.")


def signed_by_host(found: bool | None, host: str) -> Finding:
    """For mail that its host signs: whether a key is published under the name that the host uses by default."""
    if found:
        return Finding("dkim", "ok", f"{host} signs the mail, and its key is published.")
    return Finding(
        "dkim",
        "warn",
        f"{host} signs the mail; no key is published under its usual name. Turn DKIM on in its admin pages.",
    )


def dmarc(records: Sequence[str], *, spf_ok: bool, dkim_ok: bool) -> Finding:
    """A policy needs SPF or DKIM of the same domain. Mail is from the mailbox's address, so that what passes is aligned."""
    found = [one for one in records if one.lower().replace(" ", "").startswith("v=dmarc1")]
    if not found:
        return Finding("dmarc", "fail", "There is no DMARC record: publish 'v=DMARC1; p=none; rua=mailto:…' at _dmarc.")
    if len(found) > 1:
        return Finding("dmarc", "fail", f"There are {len(found)} DMARC records, which counts as none: keep one.")
    policy = _tags(found[0]).get("p", "")
    if policy not in {"none", "quarantine", "reject"}:
        return Finding("dmarc", "fail", "The DMARC record has no policy: add p=none, p=quarantine or p=reject.")
    if not (spf_ok or dkim_ok):
        told = "mail will be refused" if policy == "reject" else "mail does not pass"
        return Finding(
            "dmarc", "fail", f"The policy is {policy}, and neither SPF nor DKIM passes: {told}. Mend those first."
        )
    if policy == "none":
        return Finding(
            "dmarc", "warn", "The policy is none: receivers only report. Raise it to quarantine once all passes."
        )
    return Finding("dmarc", "ok", f"The policy is {policy}, and mail from this mailbox passes it.")


def mx(hosts: Sequence[str], *, preset: Preset | None) -> Finding:
    """Whoever cannot be answered looks like spam, and loses the answers."""
    if not hosts:
        return Finding("mx", "fail", "The domain takes no mail: answers and bounces get lost. Publish an MX record.")
    where = preset.label if preset else hosts[0]
    return Finding("mx", "ok", f"Answers arrive at {where}.")


def _key_of(record: str) -> str:
    return _tags(record).get("p", "")


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name.strip()}
