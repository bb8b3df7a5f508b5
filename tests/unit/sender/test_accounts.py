"""Accounts at providers with an API: what may be kept of them, where they are reached, and when they are asked again."""

from datetime import timedelta

import pytest

from libs.common.errors import Conflict, Invalid
from libs.common.settings import SettingsError
from services.sender.clients.provider_places import ProviderPlaces
from services.sender.domain.mailboxes.account import ApiAccount, check_connected, checked_account, hand_over_note
from services.sender.domain.resolving import MOST_LOOK_UPS, next_look_up
from services.sender.settings import SenderSettings
from tests.unit.sender.test_settings import BASE


@pytest.mark.parametrize(
    ("provider", "given", "kept"),
    [
        ("sendgrid", ApiAccount(domain="ignored.example"), ApiAccount()),
        ("mailgun", None, ApiAccount("own.example")),
        ("mailgun", ApiAccount("MG.Own.example.", "eu"), ApiAccount("mg.own.example", "eu")),
        ("instantly", None, ApiAccount(accounts=("ann@own.example",))),
        ("instantly", ApiAccount(accounts=("A@b.example", "a@b.example")), ApiAccount(accounts=("a@b.example",))),
    ],
)
def test_what_is_left_out_follows_from_the_address(provider: str, given: ApiAccount | None, kept: ApiAccount) -> None:
    """Red when one mailbox is named twice, or a domain's spelling makes it another."""
    assert checked_account(provider, given, address="ann@own.example") == kept
    assert ApiAccount.of(kept.as_json) == kept


@pytest.mark.parametrize(
    ("provider", "given"),
    [
        ("mailgun", ApiAccount("own.example/../../x")),
        ("mailgun", ApiAccount("own example")),
        ("mailgun", ApiAccount("localhost")),
        ("instantly", ApiAccount(accounts=("nobody",))),
    ],
)
def test_what_cannot_be_an_account_is_refused(provider: str, given: ApiAccount) -> None:
    """Red when a domain leads a call to another path of the provider's."""
    with pytest.raises(Invalid) as refused:
        checked_account(provider, given, address="ann@own.example")
    assert refused.value.code == "account_malformed"


def test_accounts_that_are_not_there_are_named() -> None:
    check_connected(["ann@own.example"], connected=["Ann@Own.example", "bo@own.example"])
    with pytest.raises(Conflict, match=r"cy@own\.example"):
        check_connected(["ann@own.example", "cy@own.example"], connected=["ann@own.example"])


def test_a_mailbox_goes_where_it_belongs_or_nowhere() -> None:
    """P9: red when a stand-in's mail goes to the provider once SANDBOX_URL is gone, or a real one's into the sandbox."""
    places = ProviderPlaces(sandbox="http://sandbox:8000/")
    assert places.place("mailgun", region="eu", sandboxed=False) == "https://api.eu.mailgun.net"
    assert places.place("mailgun", region="eu", sandboxed=True) == "http://sandbox:8000/mailgun"
    for lost, sandboxed in (
        (ProviderPlaces(), True),
        (ProviderPlaces("http://sandbox/sendgrid", sandbox="http://sandbox"), False),
    ):
        with pytest.raises(Conflict) as unusable:
            lost.place("sendgrid", region="us", sandboxed=sandboxed)
        assert unusable.value.code == "mailbox_unusable"


def test_a_provider_is_asked_for_about_an_hour() -> None:
    asked = [next_look_up(times) for times in range(1, MOST_LOOK_UPS)]
    assert asked == sorted(asked)
    assert timedelta(hours=1) <= sum(asked, timedelta()) < timedelta(hours=2)


def test_a_person_is_told_what_a_hand_over_means_and_what_is_wrong() -> None:
    assert hand_over_note([]) is None
    assert "schedules by itself" in (hand_over_note([None]) or "")
    assert (hand_over_note([None, "401"]) or "").endswith("Trouble there: 401")


def test_a_base_address_is_a_web_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "SANDBOX_SMTP_URL", "SANDBOX_URL", "ENV"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="SENDGRID_BASE_URL"):
        SenderSettings(**{**BASE, "sendgrid_base_url": "api.sendgrid.com"})  # pyright: ignore[reportArgumentType] - strings
