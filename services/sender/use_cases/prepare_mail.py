"""The mail of a claim and its words, as it goes over the wire."""

from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.errors import Invalid
from services.sender.domain.mailboxes.dkim import Signer, signed
from services.sender.domain.message import Letter
from services.sender.domain.writing import Addressee, Writer
from services.sender.repositories.claims import Claim
from services.sender.repositories.words import Words


@dataclass(frozen=True)
class Prepared:
    """The letter, or the `problem` for which there is none."""

    letter: Letter | None
    subject: str = ""
    problem: str | None = None


def prepare_mail(
    claim: Claim, words: Words, *, writer: Writer, now: datetime, own: bool = False, signer: Signer | None = None
) -> Prepared:
    """The mail of a claim, or why there can be none. Through a mailbox of its `own` a workspace writes under that one's name."""
    name = "" if own else words.sender_name
    writer = writer.as_workspace(name=name, postal_address=words.postal_address)
    values = {**words.values, "email": claim.recipient}
    to = Addressee(claim.workspace_id, claim.lead_id, claim.email_id, claim.recipient, claim.step, values, words.fields)
    try:
        rendered = writer.words(words.source, to)
        letter = writer.letter(rendered, to, message_id=claim.message_id, now=now)
    except Invalid as error:
        return Prepared(None, problem=f"{error.code}: {error.message}")
    letter = replace(letter, campaign_id=claim.campaign_id)
    if signer is not None:
        letter = replace(letter, content=signed(letter.content, signer, now=now))
    return Prepared(letter, subject=rendered.subject)
