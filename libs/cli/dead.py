"""`corofy dead`: the messages that no handler could take, over all services."""

from __future__ import annotations

import asyncio
from uuid import UUID

from rich.table import Table

from libs.cli.console import out, result
from libs.cli.errors import CliError, ServiceError
from libs.cli.operator import Json, Operator
from libs.cli.target import require_target


async def list_all() -> None:
    """The open ones of every service, newest first."""
    async with Operator(require_target()) as operator:
        answers = await asyncio.gather(*(operator.get(name, "/dead-letters") for name in operator.services))
    letters: list[Json] = [letter for answer in answers for letter in answer["items"]]
    if not letters:
        result("There are no dead letters.")
        return
    table = Table("id", "died", "queue", "attempts", "cause", "last error", show_edge=False, header_style="bold")
    for letter in sorted(letters, key=lambda letter: str(letter["died_at"]), reverse=True):
        error = str(letter["last_error"]).splitlines()[0][:80] if letter["last_error"] else ""
        died = str(letter["died_at"])[:19].replace("T", " ")
        table.add_row(letter["id"], died, letter["queue"], str(letter["attempts"]), letter["cause"], error)
    out.print(table)
    result("./corofy dead show ID, then replay ID or discard ID")


async def show(text: str) -> None:
    """Everything known about one."""
    async with Operator(require_target()) as operator:
        _, letter = await _find(operator, _parse(text))
    for name, value in letter.items():
        if name != "body":
            out.print(f"{name:<16} {'' if value is None else value}", markup=False, soft_wrap=True)
    out.print(f"\n{letter['body']}", markup=False, soft_wrap=True)


async def act(text: str, verb: str) -> None:
    """`replay` or `discard`. Raises CliError when it is unknown, closed or too old."""
    async with Operator(require_target()) as operator:
        service, letter = await _find(operator, _parse(text))
        await operator.post(service, f"/dead-letters/{letter['id']}/{verb}")
    result(f"{'Replayed to' if verb == 'replay' else 'Discarded from'} {letter['queue']}.")


async def _find(operator: Operator, letter_id: UUID) -> tuple[str, Json]:
    for service in operator.services:
        try:
            return service, await operator.get(service, f"/dead-letters/{letter_id}")
        except ServiceError as refusal:
            if refusal.status != 404:
                raise
    raise CliError(f"No service has a dead letter {letter_id}: ./corofy dead list shows them.")


def _parse(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CliError(f"{text!r} is not the id of a dead letter: ./corofy dead list shows them.") from None
