"""Where webhooks may be sent, how long they are tried, and what they are signed with."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from libs.common.clock import utc_now
from libs.common.errors import Invalid
from services.gateway.clients.receivers import checked_url
from services.gateway.clients.webhook_secrets import secret_of, signed_headers
from services.gateway.domain.webhooks import BACKOFF, FAILING_FOR, SPREAD, Answer, after_attempt, disabled_by

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
REFUSED = (
    *("http://hooks.example/", "https://127.0.0.1/", "https://8.8.8.8/", "https://2130706433/", "https://0x7f.0.0.1/"),
    *("https://0177.0.0.1/", "https://127.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://①②⑦.⓪.⓪.①/"),
    *("https://localhost/", "https://intranet/", "https://a.123/", "https://me@a.example/", "https://a.example:80/"),
    *("https://a.example:22/", "https://a.example:99999/", "ftp://a.example/", "file:///etc/passwd", "", "a.example"),
    *("//a.example/", "https:///x", "https://a.example\\@127.0.0.1/", f"https://a.example/{'x' * 3000}"),
)
TAKEN = (
    "https://hooks.example/x?key=1",
    "https://HOOKS.example:443/",
    "https://a-b.c.example:8443/",
    "https://a_b.example/",
)


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_may_lead_inside_is_refused(address: str) -> None:
    """Red when a number in any writing, a name without dots, a login, or another scheme or port is taken."""
    with pytest.raises(Invalid, match="the url"):
        checked_url(address)


@pytest.mark.parametrize("address", TAKEN)
def test_an_address_of_the_open_internet_is_taken(address: str) -> None:
    """Red when a usual receiver is refused."""
    assert checked_url(address).scheme == "https"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9000/", "http://localhost:9000/", "http://[::1]:9000/"])
def test_this_machine_is_taken_beside_the_sandbox_alone(address: str) -> None:
    """Red when a loopback address is taken without being allowed, or anything else inside is where it is."""
    assert checked_url(address, loopback=True)
    with pytest.raises(Invalid):
        checked_url(address)
    with pytest.raises(Invalid):
        checked_url("http://10.0.0.1/", loopback=True)


@given(
    attempts=st.integers(1, 12),
    spread=st.floats(0, 1),
    status=st.sampled_from([None, 200, 204, 299, 301, 400, 404, 410, 429, 500, 503]),
    asked=st.none() | st.integers(0, 10**6),
    moved=st.booleans(),
)
def test_an_attempt_is_followed_as_the_model_says(
    attempts: int, spread: float, status: int | None, asked: int | None, *, moved: bool
) -> None:
    """Red when something else than 2xx counts as heard, 410 is tried again, or a wait is shorter than the schedule's or what
    was asked for (up to a day); or when what another URL has said holds up the present one."""
    answer = Answer(status, retry_after=None if asked is None else timedelta(seconds=asked))
    outcome = after_attempt(answer, attempts=attempts, moved=moved, spread=spread, now=NOW)
    if status is not None and 200 <= status < 300:
        assert outcome.state == "delivered"
    elif moved:
        assert (outcome.state, outcome.due_at) == ("waiting", NOW)
    elif status == 410 or attempts >= 10:
        assert outcome.state == "given_up"
    else:
        assert outcome.due_at is not None
        wait, usual = outcome.due_at - NOW, BACKOFF[attempts - 1]
        least = max(usual, min(timedelta(seconds=asked or 0), timedelta(days=1)))
        assert least <= wait <= max(usual * (1 + SPREAD), least) + timedelta(milliseconds=1)


def test_the_waits_cover_three_days() -> None:
    """Red when somebody shortens the schedule below what is promised."""
    assert sum(BACKOFF, timedelta()) > timedelta(days=3)


@pytest.mark.parametrize(
    ("status", "failing_for", "cause"),
    [
        (410, timedelta(), "gone"),
        (500, FAILING_FOR, "failing"),
        (None, FAILING_FOR * 2, "failing"),
        (500, FAILING_FOR - timedelta(seconds=1), None),
        (200, FAILING_FOR * 2, None),
    ],
)
def test_an_endpoint_is_disabled_when_it_is_gone_or_has_failed_for_too_long(
    status: int | None, failing_for: timedelta, cause: str | None
) -> None:
    """Red when one that hears us is disabled, or one that does not is kept."""
    assert disabled_by(Answer(status), failing_since=NOW - failing_for, now=NOW) == cause


@given(random=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32), body=st.text())
def test_each_secret_has_a_signature_that_the_official_library_believes(random: bytes, other: bytes, body: str) -> None:
    """Red when a header or signature is not that of Standard Webhooks."""
    secrets = [secret_of(random), secret_of(other)]
    headers = signed_headers(secrets, body.encode(), message_id="msg", at=utc_now())
    for secret in secrets:
        Webhook(secret).verify(body.encode(), headers, json_parse=False)
