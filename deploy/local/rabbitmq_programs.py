"""Where RabbitMQ's programs come from: the installed ones, else apt's, else apt's packages unpacked privately."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from deploy.local import apt
from deploy.local.errors import StackError
from deploy.local.state import State

PACKAGE = "rabbitmq-server"
POLICY = Path("/usr/sbin/policy-rc.d")
WHAT_TO_DO = (
    "install RabbitMQ (on Debian or Ubuntu: apt-get install rabbitmq-server), or set RABBITMQ_URL to a running broker."
)


@dataclass(frozen=True)
class RabbitPrograms:
    """`server` is the start script in RabbitMQ's own sbin folder; the wrapper in /usr/sbin insists on its own user."""

    server: Path
    path: str
    libraries: str | None = None


async def find_or_fetch(state: State, *, say: Callable[[str], None]) -> RabbitPrograms:
    """Raises StackError with what to do when there is none and none can be had."""
    private = state.path / "rabbitmq-programs"
    found = _installed() or _unpacked(private)
    if found:
        return found
    if not apt.is_here():
        raise StackError(f"There is no RabbitMQ on this machine and no apt to fetch it with: {WHAT_TO_DO}")
    reason = ""
    if os.geteuid() == 0:
        say("Installing RabbitMQ with apt (once, about 20 s)")
        reason = await _install()
        found = _installed()
        if found:
            return found
    say("Fetching RabbitMQ's packages into the state folder (once, about 15 s)")
    reason = await apt.unpack_privately(PACKAGE, private, finish=relocate_erlang) or reason
    found = _unpacked(private)
    if found is None:
        raise StackError(f"RabbitMQ could not be fetched ({reason or 'the packages hold no server'}): {WHAT_TO_DO}")
    return found


def where_programs_would_come_from(state: State) -> str | None:
    """In words, for `corofy doctor`; None when there is no way to get them."""
    if _installed():
        return "the installed RabbitMQ, as a private node"
    if _unpacked(state.path / "rabbitmq-programs"):
        return "a private node of the RabbitMQ unpacked in the state folder"
    if apt.is_here():
        return "a private node; RabbitMQ is fetched with apt at the first start"
    return None


def _installed() -> RabbitPrograms | None:
    if shutil.which("erl") is None:
        return None
    scripts = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    on_path = shutil.which("rabbitmq-server")
    if not scripts and on_path and (Path(on_path).resolve().parent / "rabbitmq-env").exists():
        scripts = [Path(on_path).resolve()]
    return RabbitPrograms(scripts[-1], os.environ.get("PATH", os.defpath)) if scripts else None


def _unpacked(root: Path) -> RabbitPrograms | None:
    scripts = sorted(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
    if not scripts:
        return None
    path = f"{root}/usr/lib/erlang/bin:{root}/usr/bin:{os.environ.get('PATH', os.defpath)}"
    return RabbitPrograms(scripts[-1], path, apt.libraries_in(root) or None)


async def _install() -> str:
    """Installs as root, and keeps the package from starting a broker of its own; returns why not, if it did not."""
    with no_service_starts():
        install = ("apt-get", "-y", "-q", "install", "--no-install-recommends", PACKAGE)
        if await apt.run(install) is None:
            return ""
        # No package lists yet, or lists that are out of date.
        await apt.run(("apt-get", "-q", "update"))
        return await apt.run(install) or ""


@contextlib.contextmanager
def no_service_starts() -> Generator[None]:
    """Debian asks this script before it starts a service; what was there before comes back, even after a crash."""
    saved = POLICY.with_name("policy-rc.d.before-corofy")
    if POLICY.exists() and not saved.exists():
        POLICY.rename(saved)
    POLICY.write_text("#!/bin/sh\n# Written by corofy while it installs rabbitmq-server.\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
        if saved.exists():
            saved.rename(POLICY)


def relocate_erlang(unpacked: Path, final: Path) -> None:
    """Erlang's start scripts hold the absolute path they were built for."""
    scripts = [*unpacked.glob("usr/lib/erlang/bin/*"), *unpacked.glob("usr/lib/erlang/erts-*/bin/*")]
    for script in scripts:
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        if content.startswith(b"#!") and b"ROOTDIR=/usr/lib/erlang" in content:
            script.write_bytes(content.replace(b"ROOTDIR=/usr/lib/erlang", f"ROOTDIR={final}/usr/lib/erlang".encode()))
