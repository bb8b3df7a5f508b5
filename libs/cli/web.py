"""`corofy web`: builds the web app, runs its development server, and whatever of npm's a contributor needs."""

from __future__ import annotations

import subprocess
import time

from deploy.local.errors import StackError
from deploy.local.services import user_environment
from deploy.local.state import State, default_path
from deploy.web.build import Workshop, check_weight, told_of_weight
from libs.cli.console import result, say
from libs.cli.target import require_target

_CHANGES_PACKAGES = {"add", "ci", "i", "install", "rm", "remove", "uninstall", "up", "update"}
_CHECKS = ("lint", "typecheck", "format:check", "test")


def _workshop() -> Workshop:
    return Workshop(folder=State.open(default_path()).path / "web", say=say)


async def build() -> None:
    """Makes what is out of date. Raises WebError."""
    workshop = _workshop()
    if not await workshop.build():
        say(told_of_weight(workshop.source.out))


async def build_beside() -> bool:
    """Whether the web app is there; says so when it cannot be built, for everything else runs without it."""
    if user_environment().get("WEB_ROOT"):
        return True
    try:
        await _workshop().build()
    except StackError as error:
        say(f"{error}\nEverything else runs without the web app.")
        return False
    return True


async def check() -> int:
    """Lint, types, format, unit tests and weight: 0 when all hold. Each failure shows what its tool says. Raises WebError."""
    workshop = _workshop()
    await workshop.prepare()
    failed = [name for name in _CHECKS if _holds(workshop, name) is False]
    await workshop.build()
    check_weight(workshop.source.out)
    return 1 if failed else 0


def _holds(workshop: Workshop, script: str) -> bool:
    started = time.monotonic()
    fine = _npm(workshop, ["run", "--silent", script]) == 0
    result(f"{'[green]ok[/]    ' if fine else '[red]failed[/]'} web {script:<14} {time.monotonic() - started:5.1f} s")
    return fine


def npm(words: list[str]) -> int:
    """npm's exit code. The packages that it has changed count as installed."""
    workshop = _workshop()
    code = _npm(workshop, words)
    if code == 0 and _CHANGES_PACKAGES.intersection(words) and workshop.source.packages_stamp.parent.is_dir():
        workshop.source.packages_stamp.write_text(workshop.source.packages_digest())
    return code


async def dev(port: int) -> int:
    """The development server in front of the running Corofy, until Ctrl-C. Raises WebError, or CliError when none runs."""
    target = require_target()
    workshop = _workshop()
    await workshop.prepare()
    say(f"The web app at http://127.0.0.1:{port} with the API of {target.api}")
    return _npm(workshop, ["run", "dev", "--", "--hostname", "127.0.0.1", "--port", str(port)], API_URL=target.api)


def _npm(workshop: Workshop, words: list[str], **also: str) -> int:
    env = {**workshop.node.env, **also}
    with subprocess.Popen([*workshop.node.npm, *words], cwd=workshop.source.root, env=env) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                # The terminal has sent it to npm too, which ends in its own way.
                continue
