"""DKIM signatures, against the example of RFC 8463 and a verifier that shares no code with the signer."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.mailboxes import dkim
from services.sender.domain.mailboxes.dkim import Signer, make_ed25519, make_rsa, read_key, record_of, signed
from services.sender.domain.message import Sender, build, message_id_of
from services.sender.domain.templates import Rendered
from tests.support.dkim_verifier import verify

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
RSA, ED25519 = make_rsa(), make_ed25519()
DOMAIN = "corofy.example"
RECORDS = {
    f"c1r._domainkey.{DOMAIN}": record_of("rsa", RSA.public),
    f"c1e._domainkey.{DOMAIN}": record_of("ed25519", ED25519.public),
}
SIGNER = Signer(DOMAIN, [("c1r", read_key(RSA.private)), ("c1e", read_key(ED25519.private))])
BOTH = {"rsa-sha256": "pass", "ed25519-sha256": "pass"}

EXAMPLE_RECORDS = {
    "brisbane._domainkey.football.example.com": ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
    "test._domainkey.football.example.com": (
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16J"
        "Yi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/"
        "K4w3QIDAQAB"
    ),
}
EXAMPLE_SIGNATURES = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
"""
EXAMPLE_MAIL = b"""From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.

"""


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def mail(subject: str = "Hi", text: str = "Hi\n.\nthere  ü \n\n\n", html: str | None = "<p>Hi</p>") -> bytes:
    email_id = uuid4()
    letter = build(
        Rendered(subject, text, html),
        sender=replace(Sender("Ann Lee", f"ann@{DOMAIN}", "1 Test Street", "stop@x.example"), reply_to="t@x.example"),
        to="bo@company.example",
        message_id=message_id_of(email_id, domain=DOMAIN),
        email_id=email_id,
        now=NOW,
        list_unsubscribe="<https://corofy.example/u/abc>, <mailto:stop@x.example>",
        thread=(message_id_of(uuid4(), domain=DOMAIN),),
    )
    return letter.content


def test_the_example_of_rfc_8463_verifies() -> None:
    """Red when the verifier that the other tests lean on is wrong."""
    assert verify(crlf(EXAMPLE_SIGNATURES + EXAMPLE_MAIL), EXAMPLE_RECORDS) == BOTH
    spoilt = EXAMPLE_MAIL.replace(b"lost", b"won")
    assert set(verify(crlf(EXAMPLE_SIGNATURES + spoilt), EXAMPLE_RECORDS).values()) == {"body hash differs"}


def test_the_signature_of_rfc_8463_comes_out_of_its_key() -> None:
    """Red when canonical headers, body hash or the Ed25519 signature differ from the RFC's, byte for byte."""
    head, _, body = crlf(EXAMPLE_MAIL).partition(b"\r\n\r\n")
    ours = crlf(EXAMPLE_SIGNATURES).partition(b"DKIM-Signature: v=1; a=rsa")[0]
    name, value = dkim.headers_of(ours)[0]
    names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"]
    unsigned = value.rpartition(b"b=")[0] + b"b="
    text = dkim.hashed(dkim.headers_of(head), names) + dkim.relaxed_header(name, unsigned)
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
    wanted = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    assert dkim.sign(text, key) == wanted
    assert (
        base64.b64encode(dkim.sha256(dkim.relaxed_body(body)).digest())
        == b"2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    )


def test_our_mail_verifies_with_both_algorithms() -> None:
    """Red when either signature is left out or wrong."""
    assert verify(signed(mail(), SIGNER, now=NOW), RECORDS) == BOTH


@given(
    subject=st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=120),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300),
)
def test_whatever_it_says_it_verifies(subject: str, text: str) -> None:
    """Red when a blank, a folded line or an empty end of the body is canonicalised otherwise than by the RFC."""
    assert verify(signed(mail(f"S {subject}", text or "x", None), SIGNER, now=NOW), RECORDS) == BOTH


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"https://corofy.example/u/abc", b"https://evil.example/u/abc"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: List-Unsubscribe=Other"),
        (b"Subject: Hi", b"Subject: Ho"),
        (b"To: bo@", b"To: al@"),
        (b"Reply-To: t@", b"Reply-To: u@"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nFrom: other@corofy.example\r\n"),
        (b"From: Ann", b"From: other@corofy.example\r\nFrom: Ann"),
        (b"From: Ann", b"List-Unsubscribe: <https://evil.example>\r\nFrom: Ann"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nList-Unsubscribe: <https://evil.example>\r\n"),
    ],
)
def test_whoever_changes_a_header_that_counts_breaks_the_signature(old: bytes, new: bytes) -> None:
    """RFC 8058, 4: red when the List-Unsubscribe headers are not covered, or a second one can be added afterwards."""
    content = signed(mail(), SIGNER, now=NOW)
    assert old in content
    assert set(verify(content.replace(old, new, 1), RECORDS).values()) == {"signature differs"}


def test_header_lines_stay_within_what_the_wire_takes() -> None:
    """Red when a signature is one long line (RFC 5322 recommends 78 characters)."""
    lines = signed(mail(), SIGNER, now=NOW).partition(b"From:")[0].split(b"\r\n")
    assert max(map(len, lines)) <= 90
    assert lines[0].startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")


def test_a_published_key_says_its_kind_and_nothing_secret() -> None:
    """Red when the private half is published, or shown."""
    assert RECORDS[f"c1e._domainkey.{DOMAIN}"].startswith("v=DKIM1; k=ed25519; p=")
    assert len(base64.b64decode(ED25519.public)) == 32
    assert RSA.private not in repr(RSA)
    assert "keys" not in repr(SIGNER)
