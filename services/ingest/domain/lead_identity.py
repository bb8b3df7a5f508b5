"""Which rows are the same lead: by mailbox, or by name and company where there is no address."""

import hashlib
import re
import unicodedata

from services.ingest.domain.addresses import Mail

_LEGAL_FORM = re.compile(
    r"\s(gmbh( co kg)?|ag|kg|ug|se|inc|incorporated|llc|ltd|limited|plc|corp|corporation|co|company|sa|sas|sarl|srl|spa|bv|nv"
    r"|oy|ab|as|a s|aps|pty( ltd)?|as|ltd sti|sirketi|sl|s l|sp z o o)$"
)


def lead_key(*, mail: Mail | None, person: str, company: str, host: str) -> int | None:
    """64 signed bits, equal for rows of the same lead; None when a row does not say enough to tell.

    With an address its mailbox alone counts. Without, the person's name with the company's web host (or its name); without
    a person the company itself.
    """
    if mail is not None:
        return _hash(f"mail {mail.mailbox}")
    firm = host or plain_company(company)
    if not firm:
        return None
    name = _plain(person)
    return _hash(f"person {name} {firm}") if name else _hash(f"company {firm}")


def plain_company(name: str) -> str:
    """A company's name without case, accents, punctuation and legal form."""
    plain = _plain(name)
    return _LEGAL_FORM.sub("", plain) or plain


def _plain(text: str) -> str:
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]|_", " ", text.casefold()).split())


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
