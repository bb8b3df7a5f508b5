"""Those who wait, kept small: nobody is lost, and a million fit."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.plan.candidates import Candidate
from services.sender.domain.plan.crowds import Crowd

CAMPAIGNS = (UUID(int=1), UUID(int=2))
MANY = 40_000
BYTES_EACH = 40


def lead(n: int, *, campaign: int = 0, zone: str = "UTC", domain: str = "d.example", made: bool = False) -> Candidate:
    mine = UUID(int=(n + 1) * 257)
    return Candidate(
        campaign_id=CAMPAIGNS[campaign],
        enrolment_id=mine,
        lead_id=mine,
        recipient="",
        domain=domain,
        position=n,
        mailbox_id=None,
        time_zone=zone,
        country="",
        subdivision="",
        email_id=mine if made else None,
    )


LEADS = st.lists(
    st.builds(
        lead,
        st.integers(0, 300),
        campaign=st.integers(0, 1),
        zone=st.sampled_from(("UTC", "Asia/Tokyo")),
        domain=st.sampled_from(("a.example", "b.example")),
        made=st.booleans(),
    ),
    max_size=60,
    unique_by=lambda who: who.enrolment_id,
)


@given(found=LEADS, pages=st.integers(1, 20))
def test_a_crowd_gives_back_whom_it_was_given(found: list[Candidate], pages: int) -> None:
    """Red when somebody is lost, told twice, or comes back as somebody else; and when a page's end makes a difference."""
    crowd = Crowd()
    for start in range(0, len(found), pages):
        crowd.add(found[start : start + pages])
    assert len(crowd) == len(found)
    assert sorted(crowd, key=lambda who: who.enrolment_id) == sorted(found, key=lambda who: who.enrolment_id)
    for who in found:
        assert crowd.find(who.enrolment_id) == who
        assert crowd.find(UUID(int=who.enrolment_id.int + 1)) is None
    for campaign_id in CAMPAIGNS:
        for alike in crowd.alike(campaign_id):
            positions = [alike[index].position for index in alike.in_order()]
            assert positions == sorted(positions)
            assert {alike[index].campaign_id for index in range(len(alike))} == {campaign_id}


def test_a_long_list_is_held_in_a_few_bytes_for_each() -> None:
    """P8: red when rows of a list are held as they are read: a million take a gigabyte then."""

    def leads() -> Iterator[Candidate]:
        for n in range(MANY):
            yield replace(lead(n), domain=f"d{n % 500}.example")

    tracemalloc.start()
    crowd = Crowd(leads())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(crowd) == MANY
    assert most < MANY * BYTES_EACH
