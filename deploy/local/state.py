"""The state folder: where one checkout keeps its data, logs, secrets and ports between starts."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.ports import Ports, ports_of

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET_NAMES = (
    "POSTGRES_PASSWORD",
    "RABBITMQ_PASSWORD",
    "INTERNAL_SECRET",
    "AUTH_SECRET",
    "ENCRYPTION_KEYS",
    "DEMO_PASSWORD",
    "STRIPE_WEBHOOK_SECRET",
)
LEAST_FREE_BYTES = 700 * 1024 * 1024


class State:
    """One state folder. Everything a start leaves behind lies under it, so that `reset` is one removal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.run = path / "run"
        self.storage = path / "storage"

    @classmethod
    def open(cls, path: Path | None = None) -> State:
        """Makes the folder if need be. Raises StackError when it cannot be written or the disk is full."""
        state = cls(path or default_path())
        try:
            for folder in (state.path, state.logs, state.run, state.storage):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StackError(
                f"The state folder {state.path} cannot be made ({error.strerror}): "
                f"set COROFY_STATE_DIR to a folder you may write to."
            ) from error
        # Postgres runs as another user when we are root: it must be able to pass through.
        if os.geteuid() == 0:
            state.path.chmod(state.path.stat().st_mode | 0o711)
        free = shutil.disk_usage(state.path).free
        if free < LEAST_FREE_BYTES:
            raise StackError(
                f"Only {free // 2**20} MB are free on the disk of {state.path}, and {LEAST_FREE_BYTES // 2**20} MB "
                f"are needed: free some, or set COROFY_STATE_DIR to a folder on another disk."
            )
        return state

    def ports(self, *, base: int | None = None) -> Ports:
        return ports_of(self.path, base=base)

    def secrets(self) -> dict[str, str]:
        """Random secrets, made once and kept in a file that only its owner can read."""
        file = self.path / "secrets.env"
        known = read_env_file(file) if file.exists() else {}
        missing = {name: secrets.token_hex(24) for name in SECRET_NAMES if name not in known}
        if missing:
            known |= missing
            fresh = file.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.writelines(f"{name}={value}\n" for name, value in known.items())
            fresh.replace(file)
        return known

    @contextmanager
    def lock(self, name: str, *, held_message: str) -> Generator[None]:
        """Held by one process at a time, and let go by the kernel however that process ends."""
        with (self.path / f"{name}.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StackError(held_message) from None
            yield


def read_env_file(file: Path) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def default_path() -> Path:
    """COROFY_STATE_DIR, else `.corofy` in the checkout, else a folder of its own under /var/tmp.

    The checkout will not do when the unprivileged user that runs Postgres for root cannot reach it, or when its path
    holds a space or the like: RabbitMQ's start scripts do not quote.
    """
    chosen = os.environ.get("COROFY_STATE_DIR")
    if chosen:
        path = Path(chosen).expanduser().resolve()
        if not is_plain(path):
            raise StackError(
                f"COROFY_STATE_DIR is {str(path)!r}: RabbitMQ needs a path of letters, digits and . _ + - / only."
            )
        return path
    inside = CHECKOUT / ".corofy"
    if is_plain(inside) and (os.geteuid() != 0 or is_reachable(CHECKOUT)) and os.access(CHECKOUT, os.W_OK):
        return inside
    digest = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    return Path(f"/var/tmp/corofy-{os.getuid()}-{digest}")  # noqa: S108 - survives a reboot, and every user reaches it


def is_plain(path: Path) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._+/-]+", str(path)) is not None


def is_reachable(path: Path) -> bool:
    """Whether any user may pass through every folder down to this one."""
    resolved = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (resolved, *resolved.parents))
