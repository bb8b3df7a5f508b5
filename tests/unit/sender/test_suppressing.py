"""Suppressions: what a target is, what a file of them says, and what is never undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Conflict, Invalid
from services.sender.domain.suppressing import check_lift, target_of, targets_barring
from services.sender.domain.suppression_files import read_targets


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("@Example.com", "@example.com"),
        ("@müller.example.com", "@xn--mller-kva.example.com"),
    ],
)
def test_a_target_is_an_address_or_a_domain_in_one_spelling(words: str, target: str) -> None:
    assert target_of(words) == target


@pytest.mark.parametrize(
    "words", ["", "@", "example.com", "a b@example.com", "@exa mple.com", "@a@b.com", "@localhost"]
)
def test_anything_else_is_refused(words: str) -> None:
    with pytest.raises(Invalid) as raised:
        target_of(words)
    assert raised.value.code == "invalid_address"


def test_an_address_is_barred_by_itself_and_by_its_domain_not_by_others() -> None:
    assert targets_barring("ann@mail.example.com") == ("ann@mail.example.com", "@mail.example.com")


@pytest.mark.parametrize(
    ("content", "targets"),
    [
        (b"ann@a.example\r\nbob@b.example\r\n", ["ann@a.example", "bob@b.example"]),
        (b"\xef\xbb\xbfName;E-Mail\nAnn;ANN@a.example\nBob;@b.example\n", ["ann@a.example", "@b.example"]),
        (b'email,reason,note\na@a.example,asked,"x, y"\nb.example,imported,\n', ["a@a.example", "@b.example"]),
        (b"a@a.example\n\n a@a.example \nA@A.example\n", ["a@a.example"]),
        (b"'=a@a.example\n", ["=a@a.example"]),
        (b"", []),
    ],
)
def test_a_file_is_read_with_and_without_headings(content: bytes, targets: list[str]) -> None:
    read = read_targets(content)
    assert (read.targets, read.bad) == (targets, [])


def test_lines_that_say_nothing_are_named() -> None:
    read = read_targets(b"email\nok@a.example\nnot an address\n\n7\n")
    assert read.targets == ["ok@a.example"]
    assert [number for number, _ in read.bad] == [3, 5]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe\x00", "suppressions_not_text"),
        (b"a\0b@x.example\n", ""),
        (b"x" * 200_000 + b"\n", "suppressions_not_text"),
    ],
)
def test_what_is_no_table_is_refused_or_named(content: bytes, code: str) -> None:
    """Red when a hostile file raises anything but Invalid."""
    assert refusal(content) == code


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_name(content: bytes) -> None:
    assert refusal(content) in {"", "suppressions_not_text", "suppressions_too_many"}


def refusal(content: bytes) -> str:
    """The code by which a file is refused; empty where it is read."""
    try:
        read_targets(content)
    except Invalid as error:
        return error.code
    return ""


def test_a_suppression_is_lifted_with_a_word_on_why_and_an_erased_person_never() -> None:
    check_lift("unsubscribed", note="she wrote to us again")
    with pytest.raises(Invalid):
        check_lift("asked", note="  ")
    with pytest.raises(Conflict) as raised:
        check_lift("erased", note="please")
    assert raised.value.code == "erased"
