"""The words of one mail: the same for the check before Start, a preview, a test and the send itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.sender.domain.first_mail import check_says_so
from services.sender.domain.message import Letter, Sender, build, by_mail, safe_header, to_header
from services.sender.domain.plan.terms import FIRST_STEP
from services.sender.domain.template_fields import Values, mail_values
from services.sender.domain.templates import Rendered, TemplateSource, render
from services.sender.domain.unsubscribing import NOBODY, UnsubscribeLinks, Unsubscribing, list_unsubscribe


@dataclass(frozen=True)
class Addressee:
    """Whom a mail is for. `values` are the usual fields of the row, `fields` its sheet's other columns.

    What is made to be looked at `is_test`: its link to unsubscribe by is nobody's.
    """

    workspace_id: UUID
    lead_id: UUID
    email_id: UUID
    address: str
    step: int
    values: Mapping[str, str]
    fields: Mapping[str, str]
    is_test: bool = False


@dataclass(frozen=True)
class Writer:
    """What is the same for all mails of a workspace through a mailbox."""

    sender: Sender
    links: UnsubscribeLinks

    def as_workspace(self, *, name: str, postal_address: str) -> "Writer":
        """With what the workspace says of itself, where it says anything."""
        sender = self.sender
        named = replace(sender, name=name or sender.name, postal_address=postal_address or sender.postal_address)
        return replace(self, sender=named)

    def values(self, to: Addressee) -> Values:
        """Everything that the template may use."""
        who = {
            "sender_name": self.sender.name,
            "postal_address": self.sender.postal_address,
            "unsubscribe_address": self.sender.unsubscribe_address,
            "unsubscribe_url": self._link(to),
        }
        return mail_values(to.values, to.fields, sender=who)

    def words(self, source: TemplateSource, to: Addressee, *, checked: bool = False) -> Rendered:
        """The mail's words. Raises Invalid as `render`; `checked`: also where a first mail hides what it must say."""
        values = self.values(to)
        rendered = render(source, values, seed=f"{to.lead_id}:{to.step}")
        if checked and to.step == FIRST_STEP:
            check_says_so(rendered, values)
        return rendered

    def check_headers(self, rendered: Rendered, to: Addressee) -> None:
        """What a row's data puts into headers is safe there. Raises Invalid (`unsafe_header`) as `letter`, at a tenth of its
        cost: the rest of a mail is the same for all rows."""
        safe_header("Subject", rendered.subject)
        to_header(to.address)

    def letter(self, rendered: Rendered, to: Addressee, *, message_id: str, now: datetime) -> Letter:
        """The mail on the wire. Raises Invalid (`unsafe_header`)."""
        return build(
            rendered,
            sender=self.sender,
            to=to.address,
            message_id=message_id,
            email_id=to.email_id,
            now=now,
            list_unsubscribe=list_unsubscribe(self._link(to), by_mail=by_mail(self.sender, to.email_id)),
        )

    def _link(self, to: Addressee) -> str:
        lead_id = NOBODY if to.is_test else to.lead_id
        return self.links.url(Unsubscribing(to.workspace_id, lead_id, to.email_id, to.address))
