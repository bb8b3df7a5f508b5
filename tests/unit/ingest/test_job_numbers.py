"""Window, pace, providers, prices, specs and recipients: the numbers and choices around a job."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Conflict, Invalid
from services.ingest.domain.progress import Pace, eta_seconds
from services.ingest.domain.providers import Providers, ProviderState, in_the_way
from services.ingest.domain.quotes import Price, check_accepted, quote
from services.ingest.domain.recipients import is_plausible_address, parts_of, recipient_of
from services.ingest.domain.specs import check_mapping, mapping_by_name, spec_hash
from services.ingest.domain.window import EnrichState, Replica, enrich_state, window_rows

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
US, THEM = UUID(int=1), UUID(int=2)


def replica(number: int, *, capacity: int = 256, age_s: float = 0, missing: tuple[str, ...] = ()) -> Replica:
    seen = NOW - timedelta(seconds=age_s)
    return Replica(UUID(int=number), capacity, 0, 0, seen, missing_providers=missing)


def test_the_window_is_one_and_a_half_times_what_live_replicas_hold() -> None:
    """Red when a replica that fell silent still counts, or the factor changes."""
    assert window_rows([replica(1), replica(2, capacity=100), replica(3, age_s=31)], now=NOW) == 534
    assert window_rows([], now=NOW) == 0


def test_enrich_lacks_what_any_live_replica_lacks() -> None:
    """The careful answer while replicas differ. Red when one that is gone still warns of a key that has been set since."""
    gone = replica(1, missing=("firecrawl",), age_s=60)
    state = enrich_state([gone, replica(2, missing=("groq",)), replica(3, missing=("serper", "groq"))], now=NOW)
    assert state.missing_providers == ("groq", "serper")
    older = replica(4, missing=("serper",), age_s=90)
    assert enrich_state([older, gone], now=NOW).missing_providers == ("firecrawl",)
    assert enrich_state([], now=NOW) == EnrichState()


@given(rate=st.floats(0.5, 500), seconds=st.integers(30, 200))
def test_the_pace_of_a_steady_job_is_its_rate(rate: float, seconds: int) -> None:
    """Red when rows of a burst are lost or counted twice."""
    pace, done = Pace(since=NOW), 0
    for second in range(1, seconds + 1):
        due = int(rate * second)
        pace = pace.note(due - done, now=NOW + timedelta(seconds=second))
        done = due
    assert pace.rows_per_second == pytest.approx(rate, rel=0.15, abs=0.6)


def test_the_eta_is_rows_left_by_pace() -> None:
    """None while there is no pace."""
    assert eta_seconds(rows_left=100, pace=Pace(4, seconds=60)) == 25
    assert eta_seconds(rows_left=100, pace=Pace(4, seconds=2)) is None
    assert eta_seconds(rows_left=100, pace=Pace()) is None
    assert eta_seconds(rows_left=0, pace=Pace()) == 0


def out(
    account: str, *, workspace: UUID | None = None, until: datetime | None = None, exhausted: bool = True
) -> ProviderState:
    return ProviderState(account, account.split(":")[0], workspace, 1, exhausted, "day_limit", "over", until)


def test_an_exhausted_account_stands_in_the_way_of_those_who_use_it() -> None:
    """Red when one workspace's own key parks another's jobs (P7), or an own key does not stand for the shared one."""
    shared = out("serper")
    theirs = out("serper:them", workspace=THEM)
    ours_up = out("serper:us", workspace=US, exhausted=False)
    assert in_the_way([shared], workspace_id=US, now=NOW) == shared
    assert in_the_way([theirs], workspace_id=US, now=NOW) is None
    assert in_the_way([shared, ours_up], workspace_id=US, now=NOW, own=["serper"]) is None


def test_what_was_said_of_a_key_that_is_gone_is_in_nobodys_way() -> None:
    """Red when a deleted key's refusal still parks, or a key that has never been out does not stand for the shared one."""
    ours = out("serper:us", workspace=US)
    assert in_the_way([ours], workspace_id=US, now=NOW) is None
    assert in_the_way([ours], workspace_id=US, now=NOW, own=["serper"]) == ours
    assert in_the_way([out("serper"), ours], workspace_id=US, now=NOW) == out("serper")
    assert in_the_way([out("serper")], workspace_id=US, now=NOW, own=["serper"]) is None
    keyless = Providers(missing=("groq",), own={US: {"groq"}})
    assert keyless.in_the_way(workspace_id=US, accept_degraded=False, now=NOW) is None
    assert keyless.in_the_way(workspace_id=THEM, accept_degraded=False, now=NOW) is not None


def test_of_several_accounts_the_one_that_is_back_last_is_waited_for() -> None:
    """And one whose time has passed may be tried again."""
    soon, late = out("serper", until=NOW + timedelta(hours=1)), out("groq", until=NOW + timedelta(hours=2))
    assert in_the_way([soon, late], workspace_id=US, now=NOW) == late
    assert in_the_way([soon, out("groq")], workspace_id=US, now=NOW) == out("groq")
    assert in_the_way([soon, late], workspace_id=US, now=NOW + timedelta(hours=3)) is None


def test_a_missing_key_stands_in_the_way_of_those_who_did_not_accept_degraded_rows() -> None:
    """Red when it parks those who did, or nobody; an account that is out stands in everybody's way."""
    keyless = Providers(missing=("groq",))
    waits_for = keyless.in_the_way(workspace_id=US, accept_degraded=False, now=NOW)
    assert waits_for is not None
    assert (waits_for.park_reason, waits_for.resume_at) == ("groq_no_key", None)
    assert keyless.in_the_way(workspace_id=US, accept_degraded=True, now=NOW) is None
    both = Providers([out("serper")], missing=("groq",))
    assert both.in_the_way(workspace_id=US, accept_degraded=True, now=NOW) == out("serper")


def test_of_two_that_nobody_knows_the_time_of_it_is_always_the_same_one() -> None:
    """Red when it depends on the order of rows: a parked job would say another reason at every look."""
    one, other = out("serper"), out("groq")
    assert in_the_way([one, other], workspace_id=US, now=NOW) == in_the_way([other, one], workspace_id=US, now=NOW)


@given(rows=st.integers(1, 10**6), price=st.integers(0, 20))
def test_a_quote_is_rows_by_price(rows: int, price: int) -> None:
    """The most a job can cost."""
    assert quote(rows=rows, price=Price(1, price), enrich=EnrichState()).credits == rows * price


def test_a_missing_provider_has_to_be_accepted() -> None:
    """Red when a job begins although nobody agreed to degraded rows."""
    offer = quote(rows=1, price=Price(1, 1), enrich=EnrichState(("groq",)))
    with pytest.raises(Conflict) as refused:
        check_accepted(offer, accept_degraded=False)
    assert refused.value.code == "providers_missing"
    check_accepted(offer, accept_degraded=True)


def test_a_mapping_names_known_roles_and_columns_that_exist() -> None:
    """Bad input is refused by name."""
    check_mapping({"email": 0, "company": 2}, columns=3)
    for wrong in ({"shoe_size": 0}, {"email": 3}):
        with pytest.raises(Invalid) as refused:
            check_mapping(wrong, columns=3)
        assert refused.value.code == "mapping_invalid"
    assert mapping_by_name({"email": 1}, ["Name", "Mail"]) == {"email": "Mail"}


def test_the_hash_names_the_spec_and_not_the_order_of_its_keys() -> None:
    """The first 16 hex digits of SHA-256 over canonical JSON: a change of this breaks every checkpoint."""
    assert spec_hash({"a": 1, "b": {"c": "é"}}) == spec_hash({"b": {"c": "é"}, "a": 1}) == "382c35e65b418e88"
    assert spec_hash({"a": 1}) != spec_hash({"a": 2})


@pytest.mark.parametrize("address", ["a@b.example", "first.last+tag@mail.corp.example", "o'neil@x-y.example"])
def test_plausible_addresses_are_kept(address: str) -> None:
    assert is_plausible_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b", "@b.example", "a@@b.example", "a b@c.example", "a@b..example", ".a@b.example", "a..b@c.example",
     "a@-b.example", "a@1.2.3.4", "a@b.example\nBcc: x@y.example", "<a@b.example>", "a@b.example,c@d.example",
     "a" * 65 + "@b.example"],
)  # fmt: skip
def test_implausible_addresses_are_left_out(address: str) -> None:
    """Nothing that could become a second header or a second recipient."""
    assert not is_plausible_address(address)


def test_a_recipient_is_made_of_the_mapped_cells() -> None:
    """A full name stands in where there is no first and last name."""
    mapping = {"email": 0, "full_name": 1, "company": 2}
    found = recipient_of(
        row_no=7,
        cells=[" ann@acme.example ", "Ann van Dyke", "Acme"],
        mapping=mapping,
        status="degraded",
        line=None,
        sandboxed=True,
    )
    assert found is not None
    assert (found.email, found.fields["first_name"], found.fields["last_name"]) == (
        "ann@acme.example",
        "Ann",
        "van Dyke",
    )
    assert (found.sandboxed, found.line, found.fields["company"]) == (True, "", "Acme")


def test_a_recipient_brings_along_what_to_offer_them() -> None:
    """Red when a template cannot name the product, or shows the id of one."""
    offered = {"product": "gear", "name": "Gear additives", "pitch": "packages for gear oils"}
    found = recipient_of(
        row_no=1,
        cells=["ann@acme.example"],
        mapping={"email": 0},
        status="enriched",
        line="Hi",
        sandboxed=False,
        product=offered,
    )
    assert found is not None
    assert (found.fields["product"], found.fields["pitch"]) == ("Gear additives", "packages for gear oils")


@pytest.mark.parametrize(
    "address", ["nonsense", "jörg@acme.example", "ann@bücher.example", "a@b.example\nBcc: x@y.example"]
)
def test_an_address_that_looks_wrong_goes_along_to_be_set_aside(address: str) -> None:
    """Red when a row vanishes between sheet and list without a word, or an address of an international domain is lost."""
    found = recipient_of(
        row_no=1, cells=[f" {address} "], mapping={"email": 0}, status="plain", line="", sandboxed=False
    )
    assert found is not None
    assert found.email == address


@pytest.mark.parametrize("blank", ["", "  ", "-", "n/a"])
def test_a_row_without_an_address_is_no_recipient(blank: str) -> None:
    """Red when a dash is taken for somebody's address."""
    assert recipient_of(row_no=1, cells=[blank], mapping={"email": 0}, status="plain", line="", sandboxed=False) is None


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_a_row_that_was_not_delivered_is_written_to_nobody(status: str) -> None:
    """P9. Red when a failed or skipped row becomes a recipient."""
    cells, mapping = ["ann@acme.example"], {"email": 0}
    assert recipient_of(row_no=1, cells=cells, mapping=mapping, status=status, line="Hi", sandboxed=False) is None


@given(st.integers(1, 10_000))
def test_every_chunk_is_in_one_part(chunks: int) -> None:
    """Four chunks a part: at most 200 recipients."""
    assert 4 * (parts_of(chunks) - 1) < chunks <= 4 * parts_of(chunks)
