"""Ports: one block per state folder, found free at the first start and remembered, so that URLs stay the same."""

from __future__ import annotations

import json
import os
import socket
import zlib
from pathlib import Path

from deploy.local.errors import StackError

BLOCK = 40
# Below the range the kernel hands out to outgoing connections (32768 and up), so that no browser takes one meanwhile.
LOWEST, HIGHEST = 21400, 32000

OFFSETS = {
    "gateway": 0,
    "ingest": 1,
    "enrich": 2,
    "billing": 3,
    "sender": 4,
    "sandbox": 5,
    "sandbox_smtp": 6,
    "postgres": 7,
    "rabbitmq": 8,
    "rabbitmq_dist": 9,
    "rabbitmq_epmd": 10,
    "rabbitmq_prometheus": 11,
    "rabbitmq_management": 12,
    "rabbitmq_ctl": 13,  # and the five after it
    "spare": 19,
}
FIRST_REPLICA = 20
MAX_REPLICAS = BLOCK - FIRST_REPLICA + 1


class Ports:
    """The block that belongs to a state folder; `ports["gateway"]` is a port."""

    def __init__(self, base: int) -> None:
        self.base = base

    def __getitem__(self, name: str) -> int:
        """The port of a part; `enrich-2` and up are the further replicas of enrich."""
        service, _, replica = name.partition("-")
        if replica:
            return self.base + FIRST_REPLICA + int(replica) - 2
        return self.base + OFFSETS[service]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection that is still winding down does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def check_free(port: int, *, needed_by: str) -> None:
    """Raises a StackError that names the port and who wanted it."""
    if not is_free(port):
        raise StackError(
            f"Port {port}, which {needed_by} uses, is taken by another program: stop that program, or set "
            f"COROFY_PORT_BASE to the first of {BLOCK} free ports and start again."
        )


def ports_of(state: Path, *, base: int | None = None) -> Ports:
    """The block of this state folder: the one asked for, else the remembered one, else a free one, then remembered."""
    if base is not None:
        return Ports(base)
    memory = state / "ports.json"
    if memory.exists():
        return Ports(int(json.loads(memory.read_text())["base"]))
    found = _find_free_block(seed=str(state))
    memory.write_text(json.dumps({"base": found}) + "\n")
    return Ports(found)


def base_from_environment(*, blocks_after: int = 0) -> int | None:
    """COROFY_PORT_BASE, where it is set; the tests' servers take the block after the stack's."""
    text = os.environ.get("COROFY_PORT_BASE")
    if not text:
        return None
    highest = 65535 - 2 * BLOCK
    if not text.isdigit() or not 1024 <= int(text) <= highest:
        raise StackError(f"COROFY_PORT_BASE is {text!r}: give a number from 1024 to {highest}.")
    return int(text) + blocks_after * BLOCK


def _find_free_block(*, seed: str) -> int:
    """Starts at a place derived from the folder, so that two checkouts do not race for the same block."""
    blocks = (HIGHEST - LOWEST) // BLOCK
    start = zlib.crc32(seed.encode()) % blocks
    for step in range(blocks):
        base = LOWEST + (start + step) % blocks * BLOCK
        if all(is_free(base + offset) for offset in range(BLOCK)):
            return base
    raise StackError(
        f"No {BLOCK} free ports in a row between {LOWEST} and {HIGHEST}: set COROFY_PORT_BASE to the first of "
        f"{BLOCK} free ports elsewhere."
    )
