"""The stand-ins of SendGrid and Mailgun driven by their official clients, Instantly's over HTTP: no client of ours is here."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from typing import Any

import httpx
import mailgun.client
import pytest
import sendgrid
from python_http_client.exceptions import ForbiddenError, HTTPError, TooManyRequestsError, UnauthorizedError
from sendgrid.helpers.mail import Content, CustomArg, From, Header, Mail, To

from tests.integration.sandbox.conftest import Running

ALWAYS: dict[str, Any] = {
    "schedules": [
        {
            "name": "always",
            "timing": {"from": "00:00", "to": "23:59:59.999999"},
            "days": {str(day): True for day in range(7)},
            "timezone": "Etc/GMT+12",
        }
    ]
}


async def in_inbox(sandbox: Running, to: str) -> list[dict[str, Any]]:
    return (await sandbox.http.get("/inbox/api/messages", params={"to": to})).json()["items"]


def letter(**more: Any) -> Mail:
    mail = Mail(From("ann@acme.example", "Ann Lee"), To("bo@client.example"), more.get("subject", "A thought"))
    mail.add_content(Content("text/plain", "Hello Bo"))
    mail.add_content(Content("text/html", "<p>Hello Bo</p>"))
    mail.add_header(Header("Message-ID", "<one@acme.example>"))
    mail.add_custom_arg(CustomArg("email_id", "e-1"))
    return mail


async def by_sendgrid(sandbox: Running, mail: Mail, *, key: str = "SG.any") -> Any:
    client = sendgrid.SendGridAPIClient(key, host=f"{sandbox.url}/sendgrid")
    return await asyncio.to_thread(client.send, mail)


async def history(sandbox: Running, query: str) -> dict[str, Any]:
    client: Any = sendgrid.SendGridAPIClient("SG.any", host=f"{sandbox.url}/sendgrid")
    found = await asyncio.to_thread(client.client.messages.get, query_params={"query": query, "limit": 5})
    return found.to_dict


async def test_sendgrids_client_sends_and_finds_what_it_has_sent(sandbox: Running) -> None:
    """Red when the mail in the inbox differs from what was handed over, or the history does not know it."""
    answer = await by_sendgrid(sandbox, letter())
    assert (answer.status_code, answer.body) == (202, b"")
    (mail,) = await in_inbox(sandbox, "bo@client.example")
    headers = dict(mail["headers"])
    assert (mail["message_id"], mail["subject"]) == ("one@acme.example", "A thought")
    assert (mail["text"], mail["html"]) == ("Hello Bo\n", "<p>Hello Bo</p>\n")
    assert headers["From"] == "Ann Lee <ann@acme.example>"
    found = await history(sandbox, 'unique_args[\'email_id\']="e-1" AND to_email="bo@client.example"')
    (shown,) = found["messages"]
    assert shown["msg_id"].startswith(answer.headers["X-Message-Id"])
    assert (shown["to_email"], shown["status"]) == ("bo@client.example", "delivered")


@pytest.mark.parametrize(
    ("dials", "mail", "error", "says"),
    [
        ({"bad_key": True}, letter(), UnauthorizedError, "authorization grant is invalid"),
        ({"day_limit": 0}, letter(), UnauthorizedError, "Maximum credits exceeded"),
        ({"unverified_senders": ["ann@acme.example"]}, letter(), ForbiddenError, "verified Sender Identity"),
        ({"next_failures": [503]}, letter(), HTTPError, "Internal Server Error"),
        ({}, letter(subject=""), HTTPError, "The subject is required"),
    ],
    ids=["key", "credits", "sender", "failing", "subject"],
)
async def test_sendgrid_refuses_in_its_own_words(
    sandbox: Running, dials: dict[str, Any], mail: Mail, error: type[HTTPError], says: str
) -> None:
    """Red when a refused mail is in the inbox all the same."""
    await sandbox.turn(sendgrid=dials)
    with pytest.raises(error) as refused:
        await by_sendgrid(sandbox, mail)
    assert says in refused.value.to_dict["errors"][0]["message"]
    assert await in_inbox(sandbox, "bo@client.example") == []


async def test_sendgrids_minute_is_over_and_says_when_it_begins_again(sandbox: Running) -> None:
    await sandbox.turn(sendgrid={"rate_limit_per_minute": 1})
    await by_sendgrid(sandbox, letter())
    with pytest.raises(TooManyRequestsError) as refused:
        await by_sendgrid(sandbox, letter())
    assert int(refused.value.headers["X-RateLimit-Reset"]) > 1_700_000_000


async def test_sendgrids_history_is_an_add_on(sandbox: Running) -> None:
    await sandbox.turn(sendgrid={"no_activity": True})
    with pytest.raises(ForbiddenError):
        await history(sandbox, 'msg_id="x"')


def finished() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ann Lee <ann@acme.example>", "bo@client.example", "Grüße aus Köln"
    mail["Message-ID"] = "<two@acme.example>"
    mail.set_content("Hello Bo, schöne Grüße\n")
    mail.add_alternative("<p>Hello Bo</p>\n", subtype="html")
    return mail.as_bytes().replace(b"\n", b"\r\n")


async def by_mailgun(sandbox: Running, raw: bytes, *, domain: str = "acme.example") -> Any:
    def call() -> Any:
        with mailgun.client.Client(auth=("api", "key-any"), api_url=f"{sandbox.url}/mailgun") as client:
            asked = {"to": "bo@client.example"}
            return client.mimemessage.create(data=asked, files={"message": raw}, domain=domain)

    return await asyncio.to_thread(call)


async def test_mailguns_client_hands_over_a_finished_mail_byte_by_byte(sandbox: Running) -> None:
    """Red when the stand-in takes the mail apart and puts another one together."""
    raw = finished()
    answer = await by_mailgun(sandbox, raw)
    assert answer.json() == {"id": "<two@acme.example>", "message": "Queued. Thank you."}
    (mail,) = await in_inbox(sandbox, "bo@client.example")
    assert mail["raw"].encode() == raw
    assert mail["subject"] == "Grüße aus Köln"


async def test_mailgun_knows_by_its_message_id_what_it_has_taken(sandbox: Running) -> None:
    await by_mailgun(sandbox, finished())
    asked = {"message-id": "two@acme.example", "event": "accepted"}
    auth = httpx.BasicAuth("api", "key-any")
    path = "/mailgun/v3/acme.example/events"
    (event,) = (await sandbox.http.get(path, params=asked, auth=auth)).json()["items"]
    assert (event["event"], event["recipient"]) == ("accepted", "bo@client.example")
    asked["message-id"] = "other@acme.example"
    assert (await sandbox.http.get(path, params=asked, auth=auth)).json()["items"] == []


async def test_mailgun_takes_the_parts_of_a_mail_too(sandbox: Running) -> None:
    asked = {
        "from": "ann@acme.example",
        "to": "bo@client.example",
        "subject": "Hi",
        "text": "Hello",
        "h:X-Kind": "test",
    }
    path = "/mailgun/v3/acme.example/messages"
    answer = await sandbox.http.post(path, data=asked, auth=httpx.BasicAuth("api", "key-any"))
    assert answer.json()["message"] == "Queued. Thank you."
    (mail,) = await in_inbox(sandbox, "bo@client.example")
    assert dict(mail["headers"])["X-Kind"] == "test"
    assert f"<{mail['message_id']}>" == answer.json()["id"]


@pytest.mark.parametrize(
    ("dials", "status", "says"),
    [
        ({"bad_key": True}, 401, "Forbidden"),
        ({"unknown_domains": ["acme.example"]}, 404, "Domain not found: acme.example"),
        ({"day_limit": 0}, 403, "message limit"),
        ({"fail_rate": 1, "fail_status": 501}, 501, "Internal Server Error"),
        ({"rate_limit_per_minute": 1}, 429, "Too many requests"),
    ],
    ids=["key", "domain", "plan", "failing", "minute"],
)
async def test_mailgun_refuses_in_its_own_words(
    sandbox: Running, dials: dict[str, Any], status: int, says: str
) -> None:
    """Red when a refused mail is in the inbox all the same."""
    await sandbox.turn(mailgun=dials)
    if status == 429:
        await by_mailgun(sandbox, finished())
        await sandbox.http.delete("/inbox/api/messages")
    answer = await by_mailgun(sandbox, finished())
    assert answer.status_code == status
    assert says in answer.text
    assert await in_inbox(sandbox, "bo@client.example") == []


async def test_an_answer_that_is_cut_off_follows_a_mail_that_was_taken(sandbox: Running) -> None:
    """Red when the dial loses the mail with the answer: nobody could test what is unknown."""
    await sandbox.turn(mailgun={"garbage": "truncated"})
    answer = await by_mailgun(sandbox, finished())
    assert not answer.text.endswith("}")
    assert len(await in_inbox(sandbox, "bo@client.example")) == 1


async def instantly(sandbox: Running, method: str, path: str, *, status: int = 200, **body: Any) -> dict[str, Any]:
    key = {"authorization": "Bearer any"}
    answer = await sandbox.http.request(method, f"/instantly/api/v2{path}", headers=key, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def campaign(sandbox: Running, **more: Any) -> str:
    step = {
        "type": "email",
        "delay": 0,
        "variants": [{"subject": "{{subject_line}}", "body": "<p>Hi {{firstName}}</p>"}],
    }
    made = await instantly(
        sandbox,
        "POST",
        "/campaigns",
        name="Pumps",
        campaign_schedule=more.pop("schedule", ALWAYS),
        sequences=[{"steps": [step]}],
        email_list=["sales@sandbox.example"],
        **more,
    )
    return made["id"]


async def lead(sandbox: Running, campaign_id: str, email: str) -> dict[str, Any]:
    told: dict[str, Any] = {"first_name": "Bo", "custom_variables": {"subject_line": "About pumps"}}
    return await instantly(
        sandbox, "POST", "/leads", campaign=campaign_id, email=email, skip_if_in_campaign=True, **told
    )


async def test_instantly_sends_by_itself_once_its_campaign_is_active(sandbox: Running) -> None:
    """Red when a lead that is handed over twice is written to twice."""
    id_ = await campaign(sandbox)
    first = await lead(sandbox, id_, "bo@client.example")
    assert await in_inbox(sandbox, "bo@client.example") == []
    await instantly(sandbox, "POST", f"/campaigns/{id_}/activate")
    (mail,) = await in_inbox(sandbox, "bo@client.example")
    assert (mail["subject"], mail["html"].strip()) == ("About pumps", "<p>Hi Bo</p>")
    assert (await lead(sandbox, id_, "bo@client.example"))["id"] == first["id"]
    assert len(await in_inbox(sandbox, "bo@client.example")) == 1
    found = await instantly(sandbox, "POST", "/leads/list", campaign=id_, search="bo@client.example")
    assert [one["id"] for one in found["items"]] == [first["id"]]


async def test_instantly_holds_its_own_limit_of_the_day_and_its_pause(sandbox: Running) -> None:
    id_ = await campaign(sandbox, daily_limit=2)
    await instantly(sandbox, "POST", f"/campaigns/{id_}/activate")
    for number in range(3):
        await lead(sandbox, id_, f"number{number}@client.example")
    sent = [await in_inbox(sandbox, f"number{number}@client.example") for number in range(3)]
    assert [len(mails) for mails in sent] == [1, 1, 0]
    await instantly(sandbox, "PATCH", f"/campaigns/{id_}", daily_limit=3)
    await instantly(sandbox, "POST", f"/campaigns/{id_}/pause")
    assert await in_inbox(sandbox, "number3@client.example") == []


async def test_instantly_sends_only_in_the_hours_of_its_schedule(sandbox: Running) -> None:
    closed = {"schedules": [ALWAYS["schedules"][0] | {"days": {"0": False}}]}
    id_ = await campaign(sandbox, schedule=closed)
    await instantly(sandbox, "POST", f"/campaigns/{id_}/activate")
    await lead(sandbox, id_, "late@client.example")
    assert await in_inbox(sandbox, "late@client.example") == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": ""}, "name"),
        ({"name": "Pumps", "campaign_schedule": {}}, "campaign_schedule"),
        (
            {
                "name": "Pumps",
                "campaign_schedule": {"schedules": [ALWAYS["schedules"][0] | {"timezone": "Europe/Berlin"}]},
            },
            "timezone must be equal to one of the allowed values",
        ),
    ],
    ids=["name", "schedule", "zone"],
)
async def test_instantly_refuses_a_campaign_by_what_is_wrong(sandbox: Running, body: dict[str, Any], says: str) -> None:
    answer = await instantly(sandbox, "POST", "/campaigns", status=400, **body)
    assert (answer["statusCode"], answer["error"]) == (400, "Bad Request")
    assert says in answer["message"]
