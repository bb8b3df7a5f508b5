"""Mail sent by a real SMTP client arrives, is shown, and can be refused in every way."""

from __future__ import annotations

from email.message import EmailMessage

import aiosmtplib
import pytest

from tests.integration.sandbox.conftest import Running
from tests.support.waiting import PATIENCE_S


def _mail(subject: str = "Grüße", to: str = "ada@haldenlube.example", number: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Corofy <hello@corofy.example>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = f"<m{number}@corofy.example>"
    mail.set_content("Hello Ada,\n\nshort and plain.\n")
    mail.add_alternative("<p>Hello <b>Ada</b><script>alert(1)</script></p>", subtype="html")
    return mail


async def _send(sandbox: Running, mail: EmailMessage, to: list[str] | None = None) -> None:
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=sandbox.smtp_port, recipients=to, timeout=PATIENCE_S)


async def _subjects(sandbox: Running, **query: str) -> list[str]:
    answer = (await sandbox.http.get("/inbox/api/messages", params=query)).json()
    return [item["subject"] for item in answer["items"]]


async def test_a_mail_arrives_with_envelope_headers_and_bodies(sandbox: Running) -> None:
    await _send(sandbox, _mail(), to=["ada@haldenlube.example", "copy@corofy.example"])
    (item,) = (await sandbox.http.get("/inbox/api/messages")).json()["items"]
    assert item["envelope_from"] == "hello@corofy.example"
    assert item["envelope_to"] == ["ada@haldenlube.example", "copy@corofy.example"]
    assert (item["subject"], item["message_id"]) == ("Grüße", "m1@corofy.example")
    assert item["text"] == "Hello Ada,\n\nshort and plain.\n"
    assert "<b>Ada</b>" in item["html"]
    assert ["To", "ada@haldenlube.example"] in item["headers"]
    assert "Message-ID: <m1@corofy.example>" in item["raw"]
    assert (await sandbox.http.get(f"/inbox/api/messages/{item['id']}")).json() == item


async def test_mails_are_filtered_and_paged(sandbox: Running) -> None:
    for number in range(3):
        await _send(sandbox, _mail(f"mail {number}", to=f"p{number % 2}@x.example", number=number))
    assert await _subjects(sandbox, to="P0@x.example") == ["mail 0", "mail 2"]
    assert await _subjects(sandbox, message_id="<m1@corofy.example>") == ["mail 1"]
    page = (await sandbox.http.get("/inbox/api/messages", params={"limit": "2"})).json()
    assert await _subjects(sandbox, cursor=page["next_cursor"]) == ["mail 2"]
    assert (await sandbox.http.delete("/inbox/api/messages")).json() == {"deleted": 3}


async def test_the_pages_show_mail_and_run_nothing_of_it(sandbox: Running) -> None:
    assert "No mail yet" in (await sandbox.http.get("/inbox")).text
    await _send(sandbox, _mail(subject="<img src=x onerror=alert(1)>"))
    listed = await sandbox.http.get("/inbox")
    assert "&lt;img src=x" in listed.text
    mail_id = (await sandbox.http.get("/inbox/api/messages")).json()["items"][0]["id"]
    shown = await sandbox.http.get(f"/inbox/{mail_id}")
    assert "short and plain." in shown.text
    assert "<iframe sandbox " in shown.text
    assert "<script>" not in shown.text
    assert (await sandbox.http.get("/inbox/0")).status_code == 404


@pytest.mark.parametrize(("mode", "code"), [("defer", 450), ("refuse", 550)])
async def test_a_recipient_can_be_deferred_or_refused(sandbox: Running, mode: str, code: int) -> None:
    await sandbox.turn(smtp={"recipients": {"ada@haldenlube.example": mode}})
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await _send(sandbox, _mail())
    assert refused.value.recipients[0].code == code
    await _send(sandbox, _mail("to another", to="bob@haldenlube.example"))
    assert await _subjects(sandbox) == ["to another"]


@pytest.mark.parametrize(("mode", "kept"), [("drop_accepted", ["Grüße"]), ("drop_lost", [])])
async def test_a_connection_that_ends_after_data_leaves_the_client_unsure(
    sandbox: Running, mode: str, kept: list[str]
) -> None:
    await sandbox.turn(smtp={"next_modes": [mode]})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await _send(sandbox, _mail())
    assert await _subjects(sandbox) == kept
    calls = (await sandbox.http.get("/calls", params={"provider": "smtp"})).json()
    assert calls["totals"]["smtp"]["data"]["by_status"] == {"0": 1}
    await _send(sandbox, _mail("next"))
    assert await _subjects(sandbox) == [*kept, "next"]


async def test_a_slow_mailbox_outlasts_a_short_patience(sandbox: Running) -> None:
    await sandbox.turn(smtp={"latency_ms": 1500})
    with pytest.raises(aiosmtplib.SMTPReadTimeoutError):
        await aiosmtplib.send(_mail(), hostname="127.0.0.1", port=sandbox.smtp_port, timeout=0.5)


async def test_a_login_is_taken_or_refused(sandbox: Running) -> None:
    port = sandbox.smtp_port
    await aiosmtplib.send(_mail(), hostname="127.0.0.1", port=port, username="u", password="p")
    await sandbox.turn(smtp={"refuse_login": True})
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await aiosmtplib.send(_mail(), hostname="127.0.0.1", port=port, username="u", password="p")
