"""Programs of the distribution without an installation: apt's packages, unpacked below a folder of our own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path


def is_here() -> bool:
    return shutil.which("apt-get") is not None and shutil.which("dpkg") is not None


async def unpack_privately(package: str, root: Path, *, finish: Callable[[Path, Path], None] | None = None) -> str:
    """Downloads `package` and what it needs that is not installed, and unpacks all under `root`; returns why not, if it did not.

    `finish(unpacked, final)` mends what holds the absolute path it was built for, before the folder is moved to its place.
    """
    work = root.with_name(f"{root.name}.new")
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "packages", "root"):
        (work / folder).mkdir(parents=True)
    reason = await _download(package, work)
    for file in sorted((work / "packages").glob("*.deb")):
        reason = reason or await run(("dpkg", "-x", str(file), str(work / "root")))
    if reason is None:
        if finish:
            finish(work / "root", root)
        shutil.rmtree(root, ignore_errors=True)
        (work / "root").rename(root)
    shutil.rmtree(work, ignore_errors=True)
    return reason or ""


def libraries_in(root: Path) -> str:
    """What LD_LIBRARY_PATH must be for programs that were unpacked under `root`; empty when they brought no library."""
    folders = [folder for pattern in ("usr/lib/*-linux-*", "lib/*-linux-*") for folder in root.glob(pattern)]
    # Some keep libraries of their own one below (PulseAudio's), at an address that holds only where they are installed.
    below = sorted({library.parent for folder in folders for library in folder.glob("*/lib*.so*")})
    return ":".join(map(str, [*folders, *below]))


async def _download(package: str, work: Path) -> str | None:
    """With the machine's package lists; with fresh ones of our own when it has none, or those are out of date."""
    cache = ("-o", f"Dir::Cache={work}/cache", "-o", "Debug::NoLocking=1")
    lists = ("-o", f"Dir::State::lists={work}/lists", "-o", "APT::Sandbox::User=")
    reason: str | None = None
    for options, refresh in ((cache, False), ((*cache, *lists), True)):
        if refresh:
            # A source of somebody else's that fails is no reason to stop: what counts is whether the download works.
            reason = await run(("apt-get", *options, "-q", "update"))
        packages = await _needed_packages(package, options)
        if not packages:
            reason = reason or f"apt knows no package {package}"
            continue
        reason = await run(("apt-get", *options, "-q", "download", *packages), cwd=work / "packages")
        if reason is None:
            break
    return reason


async def _needed_packages(package: str, options: Sequence[str]) -> list[str]:
    """What apt would install for it on this machine, besides what is there."""
    _, output = await _capture(("apt-get", *options, "-s", "install", "--no-install-recommends", package))
    return [line.split()[1] for line in output.splitlines() if line.startswith("Inst ")]


async def run(argv: Sequence[str], *, cwd: Path | None = None) -> str | None:
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
