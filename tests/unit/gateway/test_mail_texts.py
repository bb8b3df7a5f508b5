"""Corofy's own mails: what they say, what a subject may carry, and how often one is tried."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from uuid import UUID

import pytest

from libs.common.smtp_address import parse_smtp_url
from services.gateway.clients.mail_server import MailServer
from services.gateway.domain.mails import BACKOFF, Answer, Mail, Words, after_attempt, html_of, one_line, text_of
from services.gateway.domain.notices import subscription_turned

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
SERVER = MailServer(parse_smtp_url("smtp://127.0.0.1:25"), "Corofy <no-reply@corofy.example>")


def mail(subject: str) -> Mail:
    return Mail(UUID(int=7), "ann@acme.example", one_line(subject), "Hello.\n.\nBye — see you\n", "<p>Hello</p>\n", 1)


@pytest.mark.parametrize(
    "name",
    [
        "Acme\r\nBcc: eve@evil.example",
        "Hi =?UTF-8?Q?=0A?=Bcc: eve@evil.example",
        "=?utf-8?b?Cg==?=X-Evil: 1",
        "Ümlaut GmbH",
    ],
)
def test_a_workspaces_name_writes_no_header_of_its_own(name: str) -> None:
    """Red when a subject is taken as it comes: Python's email package writes an encoded line end as one."""
    content = SERVER.content_of(mail(f"A payment for {name} failed"), now=NOW)
    parsed = message_from_bytes(content, policy=policy.default)
    assert sorted(parsed.keys()) == sorted(
        [
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
            "MIME-Version", "Content-Type",
        ]
    )  # fmt: skip
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_is_the_same_message_however_often_it_is_made() -> None:
    """Red when a mail that is tried again has another Message-ID."""
    made = {SERVER.content_of(mail("Hello"), now=NOW) for _ in range(2)}
    assert len(made) == 1
    assert message_from_bytes(made.pop())["Message-ID"] == f"<{UUID(int=7).hex}@corofy.example>"


def test_words_of_others_stay_words_in_html() -> None:
    """Red when a workspace's name is written as it is."""
    words = Words("kind", "subject", ("<script>alert(1)</script> & more",), ("Pay", 'https://pay.example/?a=1&b="2"'))
    page = html_of(words)
    assert "<script>" not in page
    assert 'href="https://pay.example/?a=1&amp;b=&quot;2&quot;"' in page
    assert 'Pay: https://pay.example/?a=1&b="2"' in text_of(words)


def test_only_what_was_certainly_not_taken_is_tried_again_and_not_for_ever() -> None:
    """Red when an unknown mail is sent again, or a deferred one without end."""
    assert after_attempt(Answer("accepted", "250"), attempts=1, now=NOW).state == "sent"
    assert after_attempt(Answer("refused", "550"), attempts=1, now=NOW).state == "refused"
    assert after_attempt(Answer("unknown", ""), attempts=1, now=NOW).state == "unknown"
    waits = [after_attempt(Answer("deferred", "451"), attempts=n, now=NOW).due_at for n in range(1, len(BACKOFF) + 1)]
    assert waits == [NOW + wait for wait in BACKOFF]
    assert after_attempt(Answer("deferred", "451"), attempts=len(BACKOFF) + 1, now=NOW).state == "given_up"


@pytest.mark.parametrize(
    ("status", "told"),
    [("active", False), ("trialing", False), ("past_due", False), ("unpaid", True), ("canceled", True)],
)
def test_people_are_written_to_only_where_their_plan_is_over_or_out_of_force(status: str, told: bool) -> None:
    """Red when a payment that failed is told in two mails: that of the payment is the one."""
    assert (subscription_turned("Acme", status=status, plan="growth", page="/billing") is not None) == told
