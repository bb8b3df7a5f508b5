"""The canonical form of an entry, its hash, and what is found where a chain was tampered with."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.billing.domain.credits.chain import (
    START,
    Broken,
    Chain,
    Entry,
    canonical,
    compare_end,
    follow,
    hash_after,
)

ENTRY = Entry(
    workspace_id=UUID("0193a5f0-0000-7000-8000-000000000001"),
    place=1,
    transaction_id=UUID("0193a5f0-0000-7000-8000-000000000002"),
    line_no=2,
    operation="grant",
    business_key="grant:key:für dich",
    account_kind="available",
    grant_id=UUID("0193a5f0-0000-7000-8000-000000000003"),
    amount_credits=-250,
    subject_kind=None,
    subject_id=None,
    actor="user:1",
    reason="",
    created_at=datetime(2026, 11, 27, 10, 0, 0, 123456, tzinfo=UTC),
)
CANONICAL = (
    "01"
    "00000010" "0193a5f0000070008000000000000001"
    "00000008" "0000000000000001"
    "00000010" "0193a5f0000070008000000000000002"
    "00000008" "0000000000000002"
    "00000005" "6772616e74"
    "00000013" "6772616e743a6b65793a66c3bc722064696368"
    "00000009" "617661696c61626c65"
    "00000010" "0193a5f0000070008000000000000003"
    "00000008" "ffffffffffffff06"
    "ffffffff" "ffffffff"
    "00000006" "757365723a31"
    "00000000"
    "00000008"
)  # fmt: skip


def chain_of(count: int) -> list[tuple[Entry, bytes]]:
    rows, head = list[tuple[Entry, bytes]](), START
    for place in range(1, count + 1):
        entry = ENTRY._replace(place=place, business_key=f"hold:job:{place}")
        head = hash_after(head, entry)
        rows.append((entry, head))
    return rows


def test_the_canonical_form_is_the_one_that_is_written_down() -> None:
    """Red when a byte of it changes: every chain there is would be broken."""
    microseconds = int(datetime(2026, 11, 27, 10, tzinfo=UTC).timestamp()) * 1_000_000 + 123456
    assert canonical(ENTRY).hex() == CANONICAL + struct.pack(">q", microseconds).hex()
    assert hash_after(START, ENTRY).hex() == "356f5bdc105ea8a10fbef802f0eb3d516429a20489aa40afcc3871cc17806470"


def test_no_two_rows_that_differ_have_the_same_form() -> None:
    """Red when fields run into each other, or absent looks like empty."""
    forms = {
        canonical(ENTRY._replace(operation="a", business_key="bc")),
        canonical(ENTRY._replace(operation="ab", business_key="c")),
        canonical(ENTRY._replace(subject_kind="")),
        canonical(ENTRY),
    }
    assert len(forms) == 4


@pytest.mark.parametrize("slices", [[5], [2, 3], [1, 1, 1, 1, 1]])
def test_a_chain_that_nobody_touched_is_followed_to_its_end_in_slices_of_any_size(slices: list[int]) -> None:
    rows, chain = chain_of(5), Chain()
    for size in slices:
        found = follow(chain, rows[chain.length : chain.length + size])
        assert isinstance(found, Chain)
        chain = found
    assert chain == Chain(5, rows[-1][1])
    assert compare_end(chain, Chain(5, rows[-1][1])) is None


def _altered(rows: list[tuple[Entry, bytes]]) -> None:
    rows[2] = (rows[2][0]._replace(amount_credits=1), rows[2][1])


def _altered_with_its_hash(rows: list[tuple[Entry, bytes]]) -> None:
    forged = rows[2][0]._replace(amount_credits=1)
    rows[2] = (forged, hash_after(rows[1][1], forged))


def _removed(rows: list[tuple[Entry, bytes]]) -> None:
    del rows[2]


def _exchanged(rows: list[tuple[Entry, bytes]]) -> None:
    third, fourth = rows[2], rows[3]
    rows[2:4] = [(fourth[0]._replace(place=3), fourth[1]), (third[0]._replace(place=4), third[1])]


@pytest.mark.parametrize(
    ("tamper", "place"), [(_altered, 3), (_altered_with_its_hash, 4), (_removed, 3), (_exchanged, 3)]
)
def test_the_first_place_that_differs_is_named(tamper: Callable[[list[tuple[Entry, bytes]]], None], place: int) -> None:
    rows = chain_of(5)
    tamper(rows)
    found = follow(Chain(), rows)
    assert isinstance(found, Broken)
    assert found.place == place
    assert str(found).startswith(f"place {place}: ")


def test_an_end_that_was_removed_added_or_written_anew_shows() -> None:
    rows = chain_of(5)
    kept = Chain(5, rows[-1][1])
    for found, place in ((Chain(3, rows[2][1]), 4), (Chain(6, START), 6), (Chain(5, START), 5)):
        broken = compare_end(found, kept)
        assert broken is not None
        assert broken.place == place
