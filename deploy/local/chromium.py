"""The browser that tests the web app: the installed one, else the distribution's packages, unpacked privately."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import apt
from deploy.local.errors import StackError

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""It sees our own pages only, and tells nobody of them."""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{root}/var/cache/fontconfig</cachedir>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """`env` is what it needs besides ours."""

    executable: Path
    env: dict[str, str] = field(default_factory=dict[str, str])


async def find_or_fetch(folder: Path, *, say: Callable[[str], None]) -> Chromium:
    """COROFY_CHROMIUM, else the installed one, else one that is kept in `folder`. Raises StackError with what to do."""
    private = folder / "chromium-programs"
    found = _installed() or _unpacked(private)
    if found:
        return found
    what_to_do = "install chromium, or set COROFY_CHROMIUM to the program of a Chrome or Chromium."
    if not apt.is_here():
        raise StackError(f"There is no Chromium on this machine and no apt to fetch it with: {what_to_do}")
    say("Fetching Chromium's packages into the state folder (once, about a minute)")
    reason = await apt.unpack_privately("chromium", private, finish=_give_fonts)
    found = _unpacked(private)
    if found is None:
        raise StackError(f"Chromium could not be fetched ({reason or 'the packages hold no browser'}): {what_to_do}")
    return found


def _installed() -> Chromium | None:
    chosen = os.environ.get("COROFY_CHROMIUM")
    program = chosen or next((path for name in _NAMES if (path := shutil.which(name))), None)
    if program is None:
        return None
    if not os.access(program, os.X_OK):
        raise StackError(f"COROFY_CHROMIUM is {program}, which is no program: name the browser's, or unset it.")
    return Chromium(Path(program))


def _unpacked(root: Path) -> Chromium | None:
    # Not the script in usr/bin: it looks for the browser where an installation would have put it.
    program = root / "usr/lib/chromium/chromium"
    if not program.exists():
        return None
    env = {"LD_LIBRARY_PATH": apt.libraries_in(root), "FONTCONFIG_FILE": str(root / "fonts.conf")}
    return Chromium(program, env)


def _give_fonts(unpacked: Path, final: Path) -> None:
    (unpacked / "fonts.conf").write_text(_FONTS.format(root=final))
