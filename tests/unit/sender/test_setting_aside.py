"""Which reason holds for a row that is not written to, and when domains are looked up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.mail_domains import can_be_looked_up, next_look
from services.sender.domain.role_addresses import is_role
from services.sender.domain.setting_aside import REASONS, Reason, explain, reason_of
from services.sender.domain.tables_as_text import as_text

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("info@acme.example", True),
        ("sales+de@acme.example", True),
        ("no-reply@acme.example", True),
        ("ann.lee@acme.example", False),
        ("info.lee@acme.example", False),
        ("salesman@acme.example", False),
    ],
)
def test_only_the_whole_name_before_a_plus_makes_a_role(address: str, role: bool) -> None:
    """Red when people whose names begin like a role are set aside."""
    assert is_role(address) is role


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_what_is_forbidden_comes_before_what_is_unwise(
    role: bool, keeps_roles: bool, suppressed: bool, takes_no_mail: bool
) -> None:
    """Red when a person could take in an address that is suppressed because it shows as a role's."""
    address = "info@acme.example" if role else "ann@acme.example"
    reason = reason_of(address, keeps_roles=keeps_roles, suppressed=suppressed, takes_no_mail=takes_no_mail)
    if suppressed:
        assert reason == "suppressed"
    elif role and not keeps_roles:
        assert reason == "role_address"
    else:
        assert reason == ("no_mx" if takes_no_mail else None)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_words(reason: Reason) -> None:
    """Red when a reason is added without any."""
    assert explain(reason, address="a@b.example", duplicate_of=3)


def test_a_domain_that_does_not_answer_is_asked_ever_more_seldom_and_then_left_alone() -> None:
    """Red when a domain that is gone is looked up for ever."""
    looks = [next_look("unknown", tries=tries, now=NOW) for tries in range(1, 7)]
    waits = [look - NOW for look in looks if look is not None]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=10)
    assert looks[-1] is None
    assert next_look("takes_mail", tries=0, now=NOW) is None


@pytest.mark.parametrize(
    ("domain", "asked"),
    [
        ("acme.com", True),
        ("acme.example", False),
        ("example.com", False),
        ("mail.example.com", False),
        ("nodots", False),
        ("myexample.com", True),
    ],
)
def test_reserved_names_are_not_looked_up(domain: str, asked: bool) -> None:
    """Red when the demo's made-up domains go out to real name servers."""
    assert can_be_looked_up(domain) is asked


@pytest.mark.parametrize(("cell", "shown"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("Ann", "Ann"), ("", "")])
def test_what_begins_as_a_formula_stays_text(cell: str, shown: str) -> None:
    """Red when a lead's name is computed by the spreadsheet of whoever downloads it."""
    assert as_text(cell) == shown
