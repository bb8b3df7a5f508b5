"""The whole system on one machine, as child processes of whoever opens the stack: the CLI, a test, a benchmark."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType

import httpx

from deploy.local import run_file
from deploy.local.errors import StackError
from deploy.local.given import check_broker, check_database
from deploy.local.last_words import last_words
from deploy.local.ports import check_free
from deploy.local.postgres import Postgres, start_postgres
from deploy.local.processes import Process, end_leftovers
from deploy.local.rabbitmq import RabbitMQ, start_rabbitmq
from deploy.local.run_file import RunFile
from deploy.local.services import EVERYTHING, SERVICES, STOP_SECONDS, Servers, environment, process_of, replicas, url_of
from deploy.local.state import State
from deploy.local.supervisor import Supervisor

Say = Callable[[str], None]


def _silent(_line: str) -> None:
    """Says nothing: tests and benchmarks have their own output."""


class LocalStack:
    """`async with LocalStack(folder, env={…}) as stack:` runs everything and stops it at the end.

    `env` configures the services and wins over what the stack would choose; with DATABASE_URL or RABBITMQ_URL in it
    those servers are used and none is started. With `supervise`, a service that dies is restarted; without (tests kill
    on purpose), it stays down until `start_service`.
    """

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        services: tuple[str, ...] = EVERYTHING,
        env: Mapping[str, str] | None = None,
        fsync: bool = True,
        supervise: bool = False,
        port_base: int | None = None,
        say: Say = _silent,
    ) -> None:
        self.state = State.open(state_dir)
        self.ports = self.state.ports(base=port_base)
        self.secrets = self.state.secrets()
        self.postgres: Postgres | None = None
        self.rabbitmq: RabbitMQ | None = None
        self.processes: dict[str, Process] = {}
        self.env: dict[str, str] = {}
        self._services = services
        self._given = dict(env or {})
        self._fsync = fsync
        self._supervise = supervise
        self._say = say
        self._running = AsyncExitStack()
        self._told: RunFile | None = None

    # What callers ask it.

    def url(self, name: str) -> str:
        """`http://…` of a service or the sandbox."""
        return self.env.get(f"{name.upper()}_URL") or url_of(name, self.ports)

    @property
    def database_url(self) -> str:
        return self.env["DATABASE_URL"]

    @property
    def rabbitmq_url(self) -> str:
        return self.env["RABBITMQ_URL"]

    @property
    def told(self) -> RunFile:
        """What other commands are told about it while it runs."""
        assert self._told is not None, "start it first"
        return self._told

    # Start and stop.

    async def __aenter__(self) -> LocalStack:
        try:
            await self._start()
        except BaseException:
            await self._running.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.aclose()

    @asynccontextmanager
    async def database_only(self) -> AsyncGenerator[str]:
        """Only Postgres, migrated; its URL."""
        async with self._running:
            self._take_over()
            yield await self._start_database(self._given.get("DATABASE_URL"))

    def _take_over(self) -> None:
        """Makes sure that nobody else runs from this state folder, nor is left from a start that was killed."""
        self._running.enter_context(
            self.state.lock("stack", held_message="Corofy already runs from this checkout: use that one, or end it.")
        )
        for name in end_leftovers(self.state.run):
            self._say(f"Ended {name}, left over from an earlier start that was killed")
        self._running.callback(run_file.remove, self.state.path)

    async def _start(self) -> None:
        self._take_over()
        sandbox = "sandbox" in self._services and self._given.get("ENV") != "production"
        names = replicas(tuple(name for name in self._services if sandbox or name != "sandbox"), self._given)
        for name in names:
            check_free(self.ports[name], needed_by=name)
        servers = await self._start_servers()
        self.env = environment(self._given, state=self.state, ports=self.ports, servers=servers, sandbox=sandbox)
        self.processes = {name: process_of(name, env=self.env, state=self.state, ports=self.ports) for name in names}
        self._running.push_async_callback(self._stop_services)
        self._say(f"Starting {', '.join(names)}")
        for process in self.processes.values():
            process.start()
        await asyncio.gather(*(self.wait_ready(name) for name in names))
        self._told = RunFile.of_this_process(
            urls={name: self.url(name) for name in names if "-" not in name},
            processes=sorted(names),
            database_url=self.database_url,
            rabbitmq_url=self.rabbitmq_url,
            internal_secret=self.env["INTERNAL_SECRET"],
        )
        self._told.write(self.state.path)
        if self._supervise:
            await self._running.enter_async_context(
                Supervisor(list(self.processes.values()), say=self._say, servers=self._server_processes())
            )

    async def _start_servers(self) -> Servers:
        """Both at once; the migrations run while the broker is still on its way up."""
        database, broker = self._given.get("DATABASE_URL"), self._given.get("RABBITMQ_URL")
        own = [name for name, url in (("Postgres", database), ("RabbitMQ", broker)) if not url]
        if own:
            self._say(f"Starting {' and '.join(own)} (data in {self.state.path})")
        try:
            async with asyncio.TaskGroup() as both:
                migrated = both.create_task(self._start_database(database))
                started = both.create_task(self._start_broker(broker))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return Servers(migrated.result(), started.result())

    async def _start_database(self, given: str | None) -> str:
        if not given:
            self.postgres = await start_postgres(
                self.state,
                port=self.ports["postgres"],
                password=self.secrets["POSTGRES_PASSWORD"],
                fsync=self._fsync,
            )
            self._running.push_async_callback(self.postgres.stop)
            given = self.postgres.url
        else:
            await check_database(given)
        await self.migrate(given)
        return given

    async def _start_broker(self, given: str | None) -> str:
        if given:
            await check_broker(given)
            return given
        self.rabbitmq = await start_rabbitmq(
            self.state, ports=self.ports, password=self.secrets["RABBITMQ_PASSWORD"], say=self._say
        )
        self._running.push_async_callback(self.rabbitmq.stop)
        return self.rabbitmq.url

    async def migrate(self, database_url: str) -> None:
        # Imported here: whoever only asks for the state of things need not wait for SQLAlchemy and Alembic.
        from libs.common.migrations import upgrade_all, urls_from_environment

        urls = urls_from_environment({**self._given, "DATABASE_URL": database_url})
        await upgrade_all({service: urls[service] for service in SERVICES})

    async def _stop_services(self) -> None:
        await asyncio.gather(*(process.stop(seconds=STOP_SECONDS) for process in self.processes.values()))

    # One service at a time, for tests.

    async def kill(self, name: str) -> None:
        """kill -9."""
        await self.processes[name].kill()

    async def stop_service(self, name: str) -> None:
        """In order, as a deployment would."""
        await self.processes[name].stop(seconds=20)

    async def start_service(self, name: str, *, wait: bool = True) -> None:
        self.processes[name].start()
        if wait:
            await self.wait_ready(name)

    async def restart_rabbitmq(self, *, crash: bool = False) -> None:
        if self.rabbitmq is None:
            raise StackError("The broker is not this stack's to restart: RABBITMQ_URL names another.")
        await self.rabbitmq.restart(crash=crash)

    async def restart_postgres(self, *, crash: bool = False) -> None:
        if self.postgres is None:
            raise StackError("The database is not this stack's to restart: DATABASE_URL names another.")
        await self.postgres.restart(crash=crash)

    async def wait_ready(self, name: str, *, seconds: float = 90.0) -> None:
        """Returns when /readyz says yes. Raises StackError with its reasons, or with the last lines of its log."""
        process = self.processes[name]
        # The sandbox is up when it answers: it stands on nothing.
        url = f"{url_of(name, self.ports)}{'/healthz' if name == 'sandbox' else '/readyz'}"
        deadline, reasons = time.monotonic() + seconds, "no answer"
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while time.monotonic() < deadline:
                if not process.running:
                    raise StackError(
                        f"{name} ended right after its start: {last_words(process.last_lines(40))} (log: {process.log})"
                    )
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get(url)
                    if answer.is_success:
                        return
                    reasons = answer.text[:500]
                await asyncio.sleep(0.1)
        raise StackError(f"{name} was not ready after {seconds:.0f} s ({reasons}); its log is {process.log}.")

    def _server_processes(self) -> list[Process]:
        return [server.process for server in (self.postgres, self.rabbitmq) if server is not None]
