"""What is left of a row that names somebody, and of the chunk it lies in."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.erasing import Person, erase_from, erase_from_name, may_name
from services.ingest.segment_erasing import empty_rows
from services.ingest.segments import ChunkRef, SegmentDamaged, decode_lines, decode_row, encode_chunk, encode_row

ADA = Person("ada@example.com")


def left_of(*cells: str, person: Person = ADA) -> list[object] | None:
    return erase_from(list(cells), named=person.pattern(), email_columns={0})  # pyright: ignore[reportReturnType] - texts


def test_a_row_whose_column_of_addresses_names_the_person_is_emptied() -> None:
    """Red when case, a name around the address or a second address in the cell hides it."""
    for cell in ("ada@example.com", " Ada@Example.COM ", "Ada L <ada@example.com>", "bob@b.example; ada@example.com"):
        assert left_of(cell, "Ada", "Example Ltd") == []


def test_of_another_persons_row_only_the_address_goes() -> None:
    """Red when who mentions the person goes too, or when the address stays."""
    assert left_of("bob@example.com", "Assistant of ada@example.com") == ["bob@example.com", "Assistant of "]


@pytest.mark.parametrize(
    "other",
    [
        "nada@example.com",
        "x.ada@example.com",
        "x+ada@example.com",
        "ada@example.common",
        "ada@example.com-x.de",
        "ada@b.c",
        "ada@example.com.au",
        "o'ada@example.com",
    ],
)
def test_an_address_that_only_looks_like_it_stays(other: str) -> None:
    assert left_of(other, "Somebody") is None


def test_a_domain_is_known_in_either_spelling() -> None:
    """Red when what a sheet shows in letters is not found by the address that DNS knows."""
    person = Person("ada@xn--mnchen-3ya.example")
    assert left_of("Ada@München.example", person=person) == []
    assert may_name(person, encode_row(["Ada@München.example"]))


ROWS = st.lists(
    st.lists(st.one_of(st.text(max_size=40), st.sampled_from(["ada@example.com", "Ada", "Example Ltd"])), max_size=5),
    min_size=1,
    max_size=50,
)


@given(before=ROWS, rows=ROWS, after=ROWS, at=st.integers(min_value=0))
def test_a_chunk_keeps_its_place_and_its_other_rows(
    before: list[list[str]], rows: list[list[str]], after: list[list[str]], at: int
) -> None:
    """Whatever stands in a segment. Red when an offset moves, another row changes, or a chunk does not fit any more."""
    rows[at % len(rows)] = ["ada@example.com", *rows[at % len(rows)]]
    data, refs = b"", list[ChunkRef]()
    for number, some in enumerate((before, rows, after)):
        member = encode_chunk(encode_row(row) for row in some)
        refs.append(ChunkRef(number, 1 + 100 * number, len(some), "key", len(data), len(member)))
        data += member

    def replace(line: bytes) -> bytes | None:
        left = erase_from(decode_row(line), named=ADA.pattern(), email_columns={0})
        return None if left is None else encode_row(left)

    emptied = empty_rows(data, refs, replace=replace)
    assert len(emptied.data) == len(data)
    for ref, some in zip(refs, (before, rows, after), strict=True):
        lines = decode_lines(emptied.data[ref.byte_offset : ref.byte_offset + ref.byte_length], ref)
        for index, (line, row) in enumerate(zip(lines, some, strict=True)):
            left = left_of(*row)
            assert decode_row(line) == (row if left is None else left)
            assert (ref.first_row_no + index in emptied.rows) == (left is not None)


def test_a_chunk_that_would_not_fit_is_not_written() -> None:
    """Red when the bytes of its neighbour are overwritten."""
    member = encode_chunk([encode_row([]), encode_row(["b"])])
    refs = [ChunkRef(0, 1, 2, "key", 0, len(member))]
    longer = bytes(range(33, 92)) * 2
    with pytest.raises(SegmentDamaged, match="takes"):
        empty_rows(member, refs, replace=lambda _: gzip.compress(longer))


def test_an_address_is_found_beside_whatever_is_no_part_of_it() -> None:
    """Red when the end of a sentence, a quote or what is written for a line break hides it."""
    for cell in (
        "ada@example.com.",
        "'ada@example.com'",
        "see\nada@example.com",
        "see\\nada@example.com",
        "mailto:ada@example.com?",
    ):
        assert ADA.pattern().search(cell), cell


@pytest.mark.parametrize(
    ("called", "left"),
    [
        ("ada@example.com.csv", "erased.csv"),
        ("Leads of Ada@Example.com (2).CSV.gz", "Leads of erased (2).CSV.gz"),
        ("ada@example.com", "erased"),
        ("ada@example.com.au.csv", "ada@example.com.au.csv"),
        ("leads.csv", "leads.csv"),
    ],
)
def test_a_file_that_is_called_like_the_person_is_called_otherwise(called: str, left: str) -> None:
    """Red when the ending of a file hides the address before it, or counts as a part of somebody else's."""
    assert erase_from_name(called, named=ADA.pattern()) == left
