"""The mailbox keeps what it accepted: within its bound, and across a restart."""

from __future__ import annotations

from pathlib import Path

from deploy.sandbox.mailbox import Mailbox

RAW = (
    b"Message-ID:\r\n <one@corofy.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nTo: a@x.example\r\n\r\nHallo\r\n"
)


def _fill(box: Mailbox, count: int) -> None:
    for nth in range(count):
        raw = RAW.replace(b"one@", b"m%d@" % nth)
        box.add(envelope_from="me@corofy.example", envelope_to=(f"A{nth % 2}@x.example",), raw=raw)


def test_mails_are_found_by_recipient_and_message_id_page_by_page() -> None:
    box = Mailbox.open(None, limit=100)
    _fill(box, 6)
    first, more = box.list(to="a0@X.example", limit=2)
    assert more
    rest, more = box.list(to="a0@X.example", limit=2, cursor=first[-1].id)
    assert (len(first), len(rest), more) == (2, 1, False)
    assert [mail.message_id for mail in box.list(message_id="<m4@corofy.example>")[0]] == ["m4@corofy.example"]
    assert [mail.message_id for mail in box.newest(2)] == ["m5@corofy.example", "m4@corofy.example"]


def test_a_mail_is_read_when_asked() -> None:
    box = Mailbox.open(None, limit=100)
    summary = box.add(envelope_from="me@corofy.example", envelope_to=("a@x.example",), raw=RAW).summary()
    assert (summary["subject"], summary["text"], summary["html"]) == ("Grüße", "Hallo\n", None)
    assert summary["message_id"] == "one@corofy.example"


def test_the_oldest_mail_goes_when_there_are_too_many(tmp_path: Path) -> None:
    box = Mailbox.open(tmp_path, limit=3)
    _fill(box, 5)
    assert [mail.message_id[:2] for mail in box.mails.values()] == ["m2", "m3", "m4"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_restart_keeps_the_mail_and_the_order_of_ids(tmp_path: Path) -> None:
    box = Mailbox.open(tmp_path, limit=10)
    _fill(box, 3)
    again = Mailbox.open(tmp_path, limit=10)
    assert list(again.mails) == list(box.mails)
    added = again.add(envelope_from="", envelope_to=(), raw=RAW)
    assert added.id > max(box.mails)
    assert again.clear() == 4
    assert list(tmp_path.iterdir()) == []
