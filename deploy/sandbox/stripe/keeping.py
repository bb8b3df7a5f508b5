"""Keeps the account in a file across restarts: whoever asked us has our ids in their books."""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from dataclasses import asdict, replace
from pathlib import Path

import orjson

from deploy.sandbox.stripe.account import Account, Delivery, Kept
from deploy.sandbox.stripe.clock import Agenda, Clock


class UnreadableAccount(Exception):
    """The file is broken, or of another version."""


def save(account: Account, file: Path) -> None:
    """Write the account, whole or not at all."""
    told = {
        "objects": account.objects,
        "clocks": {name: asdict(clock) for name, clock in account.clocks.items()},
        "heaps": account.agenda.heaps,
        "count": account.agenda.count,
        "answers": [[key, kept.asked, kept.status, kept.body.decode()] for key, kept in account.answers.items()],
        "outgoing": [asdict(one) for one in account.outgoing],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    # It holds the secret that events are signed with.
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(orjson.dumps(told))
    fresh.replace(file)


def load(file: Path) -> Account | None:
    """The account as it was saved, None where there is no file. Raises UnreadableAccount for a file that holds none."""
    if not file.exists():
        return None
    try:
        return _read(file.read_bytes())
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableAccount(f"{file} holds no Stripe account ({error!r}): remove it to begin anew") from error


def _read(saved: bytes) -> Account:
    told = orjson.loads(saved)
    heaps = {name: [(at, no, work, key) for at, no, work, key in heap] for name, heap in told["heaps"].items()}
    return Account(
        objects=told["objects"],
        clocks={name: Clock(**clock) for name, clock in told["clocks"].items()},
        agenda=Agenda(heaps=heaps, count=told["count"]),
        answers=OrderedDict((key, Kept(asked, status, body.encode())) for key, asked, status, body in told["answers"]),
        # The clock that `due_at` is of began anew with the process.
        outgoing=deque(replace(Delivery(**one), due_at=0) for one in told["outgoing"]),
    )
