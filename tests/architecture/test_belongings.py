"""Every table is somebody's: it leaves with an export and goes with a deletion, or it is said why not."""

from __future__ import annotations

import importlib

import pytest
from sqlalchemy import MetaData

from libs.common.belonging import Belongings
from libs.common.db import SERVICES

OF_NO_USE = ("secret", "sealed", "digest", "password", "token", "fingerprint", "url_secret", "pay_url")
COUNTS = {"tokens_in", "tokens_out"}


def of(service: str) -> tuple[Belongings, MetaData]:
    return (
        importlib.import_module(f"services.{service}.belongings").BELONGINGS,
        importlib.import_module(f"services.{service}.tables").METADATA,
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_is_erased_and_told_or_says_why_not(service: str) -> None:
    """Red for a new table that nobody has thought of, and for one that is gone."""
    belongings, metadata = of(service)
    named = [part.table.name for part in belongings.parts] + list(belongings.nobodys)
    assert sorted(named) == sorted(table.name for table in metadata.tables.values())
    assert all(belongings.nobodys.values())


@pytest.mark.parametrize("service", SERVICES)
def test_what_names_a_workspace_is_nobodys_nowhere(service: str) -> None:
    """Red when a table with a workspace in it counts as nobody's."""
    belongings, metadata = of(service)
    tables = [metadata.tables[f"{service}.{name}"] for name in belongings.nobodys]
    assert not [table.name for table in tables if {"workspace_id", "tenant_id"} & set(table.c.keys())]


@pytest.mark.parametrize("service", SERVICES)
def test_what_hangs_on_a_row_is_erased_before_it(service: str) -> None:
    """Red when a parent comes first: its children would be nobody's, for ever."""
    belongings, _ = of(service)
    order = [part.table for part in belongings.parts]
    for place, part in enumerate(belongings.parts):
        parents = {key.column.table for key in part.table.foreign_keys if key.column.table in order}
        parents |= {part.parent} if part.parent is not None else set()
        assert all(order.index(parent) >= place for parent in parents), part.table.name


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_leaves_with_an_export(service: str) -> None:
    """Red for a column by whose name it is a secret, and that an export would hold."""
    belongings, _ = of(service)
    told = [(part.table.name, column.name) for part in belongings.told for column in part.columns]
    assert told
    assert not [one for one in told if any(word in one[1] for word in OF_NO_USE) and one[1] not in COUNTS]
