"""Ports are remembered, and a taken one is named."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.ports import BLOCK, OFFSETS, Ports, base_from_environment, check_free, is_free, ports_of


def test_the_block_found_at_the_first_start_is_the_block_of_the_second(tmp_path: Path) -> None:
    first = ports_of(tmp_path)
    assert ports_of(tmp_path).base == first.base
    assert all(is_free(first[name]) for name in OFFSETS)


def test_two_folders_get_two_blocks(tmp_path: Path) -> None:
    bases = []
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        bases.append(ports_of(tmp_path / name).base)
    assert len(set(bases)) == 3
    assert all(abs(a - b) >= BLOCK for a in bases for b in bases if a != b)


def test_no_two_parts_share_a_port() -> None:
    ports = Ports(30000)
    names = [*OFFSETS, *(f"enrich-{number}" for number in range(2, 22))]
    assert len({ports[name] for name in names}) == len(names)
    assert all(30000 <= ports[name] < 30000 + BLOCK for name in names)


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port}, which Postgres uses.*COROFY_PORT_BASE"):
            check_free(port, needed_by="Postgres")


@pytest.mark.parametrize("text", ["eighty", "80", "-1", "65500"])
def test_a_useless_port_base_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COROFY_PORT_BASE", text)
    with pytest.raises(StackError, match="COROFY_PORT_BASE"):
        base_from_environment()


def test_the_tests_servers_take_the_block_after_the_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COROFY_PORT_BASE", "25000")
    assert base_from_environment() == 25000
    assert base_from_environment(blocks_after=1) == 25000 + BLOCK
