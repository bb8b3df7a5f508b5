"""Where RabbitMQ's programs come from: the installed ones, else apt's, else apt's packages unpacked privately."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise StackError(f"There is no RabbitMQ on this machine and no apt to fetch it with: {WHAT_TO_DO}")
    reason = ""
    if os.geteuid() == 0:
        say("Installing RabbitMQ with apt (once, about 20 s)")
        reason = await _install()
        found = _installed()
        if found:
            return found
    say("Fetching RabbitMQ's packages into the state folder (once, about 15 s)")
    reason = await _unpack_privately(private) or reason
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
    if shutil.which("apt-get") and shutil.which("dpkg"):
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
    libraries = ":".join(
        str(folder) for pattern in ("usr/lib/*-linux-*", "lib/*-linux-*") for folder in root.glob(pattern)
    )
    return RabbitPrograms(scripts[-1], path, libraries or None)


async def _install() -> str:
    """Installs as root, and keeps the package from starting a broker of its own; returns why not, if it did not."""
    with no_service_starts():
        install = ("apt-get", "-y", "-q", "install", "--no-install-recommends", PACKAGE)
        if await _run(install) is None:
            return ""
        # No package lists yet, or lists that are out of date.
        await _run(("apt-get", "-q", "update"))
        return await _run(install) or ""


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


async def _unpack_privately(root: Path) -> str:
    """Downloads the packages that are not installed and unpacks them under `root`; returns why not, if it did not."""
    work = root.with_name("rabbitmq-programs.new")
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "packages", "root"):
        (work / folder).mkdir(parents=True)
    cache = ("-o", f"Dir::Cache={work}/cache", "-o", "Debug::NoLocking=1")
    lists = ("-o", f"Dir::State::lists={work}/lists", "-o", "APT::Sandbox::User=")
    reason: str | None = None
    for options, refresh in ((cache, False), ((*cache, *lists), True)):
        if refresh:
            # A source of somebody else's that fails is no reason to stop: what counts is whether the download works.
            reason = await _run(("apt-get", *options, "-q", "update"))
        packages = await _needed_packages(options)
        if not packages:
            reason = reason or "apt knows no package rabbitmq-server"
            continue
        reason = await _run(("apt-get", *options, "-q", "download", *packages), cwd=work / "packages")
        if reason is None:
            break
    for package in sorted((work / "packages").glob("*.deb")):
        reason = reason or await _run(("dpkg", "-x", str(package), str(work / "root")))
    if reason is None:
        relocate_erlang(work / "root", root)
        shutil.rmtree(root, ignore_errors=True)
        (work / "root").rename(root)
    shutil.rmtree(work, ignore_errors=True)
    return reason or ""


async def _needed_packages(options: Sequence[str]) -> list[str]:
    """What apt would install for RabbitMQ on this machine, besides what is there."""
    _, output = await _capture(("apt-get", *options, "-s", "install", "--no-install-recommends", PACKAGE))
    return [line.split()[1] for line in output.splitlines() if line.startswith("Inst ")]


def relocate_erlang(unpacked: Path, final: Path) -> None:
    """Erlang's start scripts hold the absolute path they were built for."""
    scripts = [*unpacked.glob("usr/lib/erlang/bin/*"), *unpacked.glob("usr/lib/erlang/erts-*/bin/*")]
    for script in scripts:
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        if content.startswith(b"#!") and b"ROOTDIR=/usr/lib/erlang" in content:
            script.write_bytes(content.replace(b"ROOTDIR=/usr/lib/erlang", f"ROOTDIR={final}/usr/lib/erlang".encode()))


async def _run(argv: Sequence[str], *, cwd: Path | None = None) -> str | None:
    """None when it worked, else the last thing it complained about."""
    code, output = await _capture(argv, cwd=cwd)
    if code == 0:
        return None
    complaints = [line for line in output.splitlines() if line.startswith(("E:", "dpkg:"))]
    return (complaints or output.splitlines() or [f"{argv[0]} ended with {code}"])[-1].removeprefix("E: ")


async def _capture(argv: Sequence[str], *, cwd: Path | None = None) -> tuple[int, str]:
    child = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    done = asyncio.ensure_future(child.communicate())
    try:
        output, _ = await asyncio.shield(done)
    except asyncio.CancelledError:
        # An installation that is cut short leaves the machine's package database in need of repair.
        await done
        raise
    return child.returncode or 0, output.decode(errors="replace")
