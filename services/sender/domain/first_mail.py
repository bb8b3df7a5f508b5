"""What a first mail must say: how to hear no more, and who writes from where. By law and by every provider's rules."""

import re
from collections.abc import Iterator

from markupsafe import escape

from libs.common.errors import Invalid
from services.sender.domain.template_fields import Values
from services.sender.domain.templates import Rendered, TemplateSource, names_of

_REQUIRED = {
    "unsubscribe_url": ("unsubscribe_link_missing", "does not show the link to unsubscribe"),
    "postal_address": ("postal_address_missing", "does not say the sender's postal address"),
}
_FIELD = re.compile(r"{{.*?}}", re.DOTALL)
_UNSEEN = re.compile(r"{%.*?%}|{#.*?#}", re.DOTALL)


def first_mail_problems(source: TemplateSource) -> Iterator[Invalid]:
    """A problem for each part of a template that cannot be a first mail."""
    for part, names in names_of(source).items():
        for name, (code, what) in _REQUIRED.items():
            if part != "subject" and name not in names.fields:
                yield Invalid(f"the {part} of the template {what}: add {{{{ {name} }}}}", code=code)


def subject_problems(source: TemplateSource) -> Iterator[Invalid]:
    """A problem for a subject of more than one line, which no row could be sent with. Lines within tags are none."""
    words = _UNSEEN.sub("", _FIELD.sub("field", source.subject)).strip()
    if re.search(r"[\r\n]", words):
        msg = "the subject of the template has a line break, and a subject is one line: take it out"
        yield Invalid(msg, code="unsafe_header")


def check_first_mail(source: TemplateSource) -> None:
    """Raises Invalid (`unsubscribe_link_missing`, `postal_address_missing`) for a template that cannot be a first mail."""
    for problem in first_mail_problems(source):
        raise problem


def check_says_so(mail: Rendered, values: Values) -> None:
    """The mail really shows both, whatever the template's conditions were. Raises Invalid as `check_first_mail`."""
    for name, (code, what) in _REQUIRED.items():
        words = str(values[name])
        if not words.strip():
            raise Invalid(f"the mail {what}: set {name.replace('_', ' ')} in the sending settings", code=code)
        shown = words in mail.text and (mail.html is None or str(escape(words)) in mail.html)
        if not shown:
            raise Invalid(f"the mail {what}: {{{{ {name} }}}} stands where this row leaves it out", code=code)
