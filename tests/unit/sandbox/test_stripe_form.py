"""Stripe's form encoding, as the official SDK writes it and as curl does."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode  # pyright: ignore[reportPrivateUsage] - what the SDK itself encodes with

from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.form import Params, parse

_NAMES = st.text("abcdefgh_", min_size=1, max_size=5)
_NESTED = st.recursive(
    st.text(min_size=1, max_size=5),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(_NAMES, inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_NAMES, _NESTED, max_size=4))
def test_what_the_sdk_encodes_is_read_back(values: dict[str, Any]) -> None:
    """Red when a nested list or group of the SDK would arrive as something else."""
    assert parse(urlencode(list(_api_encode(values)))) == values


@pytest.mark.parametrize(
    ("encoded", "values"),
    [
        ("expand[]=a&expand[]=b", {"expand": ["a", "b"]}),
        ("items[0][price]=p&items[0][quantity]=2", {"items": [{"price": "p", "quantity": "2"}]}),
        ("metadata[a]=1&metadata[b]=", {"metadata": {"a": "1", "b": ""}}),
        ("metadata=", {"metadata": ""}),
        ("l[1]=b&l[0]=a", {"l": ["a", "b"]}),
        ("", {}),
    ],
)
def test_what_others_write_is_read_too(encoded: str, values: dict[str, Any]) -> None:
    assert parse(encoded) == values


def test_a_value_of_the_wrong_type_is_refused_by_its_name() -> None:
    """Red when a refusal does not say which parameter it is about."""
    params = Params(parse("a[b]=x&c=maybe&d=0&e[0]=y"))
    for read, name in (
        (lambda: params.group("a").whole("b"), "a[b]"),
        (lambda: params.flag("c"), "c"),
        (lambda: params.whole("d", least=1), "d"),
        (lambda: params.groups("e"), "e"),
        (lambda: params.text("a"), "a"),
        (lambda: params.needed("z"), "z"),
        (lambda: params.one_of("c", ("yes", "no"), default="no"), "c"),
    ):
        with pytest.raises(StripeError) as raised:
            read()
        assert raised.value.fields["param"] == name


def test_metadata_is_merged_emptied_and_cleared() -> None:
    before = {"a": "1", "b": "2"}
    assert Params(parse("metadata[a]=9&metadata[b]=")).metadata(before) == {"a": "9"}
    assert Params(parse("metadata=")).metadata(before) == {}
    assert Params({}).metadata(before) == before
