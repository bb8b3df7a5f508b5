"""A private RabbitMQ node: own name, ports, name service, cookie and data, run directly as whoever starts it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from deploy.local.errors import StackError
from deploy.local.handshake import REFUSALS, shake_hands
from deploy.local.ports import Ports, check_free
from deploy.local.processes import Process
from deploy.local.rabbitmq_programs import RabbitPrograms, find_or_fetch
from deploy.local.state import State

USER = "corofy"
NODE = "corofy@localhost"
# Few schedulers, no spinning while idle: the node shares the machine with everything else.
ERLANG_FLAGS = "+S 2:2 +SDcpu 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"


class RabbitMQ:
    """A running node. `url` is for the default vhost; `management_url` (where asked for) carries user and password too."""

    def __init__(self, server: Process, names: Process, *, ports: Ports, password: str) -> None:
        self.process = server
        self._names = names
        self.port = ports["rabbitmq"]
        self.url = f"amqp://{USER}:{password}@127.0.0.1:{self.port}/"
        self.management_url = f"http://{USER}:{password}@127.0.0.1:{ports['rabbitmq_management']}"

    def url_of(self, vhost: str) -> str:
        return self.url + quote(vhost, safe="")

    def start(self) -> None:
        if not self._names.running:
            self._names.start()
        self.process.start()

    async def wait_ready(self, *, seconds: float = 90.0) -> None:
        """Returns when a client can log in; `rabbitmqctl` would cost two seconds a question."""
        deadline = time.monotonic() + seconds
        while not await self._answers():
            if not self.process.running or time.monotonic() > deadline:
                what = "did not become ready" if self.process.running else "ended right after its start"
                raise StackError(
                    f"RabbitMQ {what}; its log {self.process.log} closes with:\n{self.process.last_lines()}"
                )
            await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        try:
            # A bare connect first: the client logs an error for each refused one.
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            await shake_hands(self.url, seconds=10)
        except REFUSALS:
            return False
        return True

    async def stop(self) -> None:
        await self.process.stop(seconds=15)
        await self._names.stop(seconds=2)

    async def restart(self, *, crash: bool = False) -> None:
        """With `crash` by kill -9, else in order; ready again when it returns."""
        await (self.process.kill() if crash else self.process.stop())
        self.start()
        await self.wait_ready()


async def start_rabbitmq(
    state: State, *, ports: Ports, password: str, say: Callable[[str], None], management: bool = False
) -> RabbitMQ:
    """Fetches the programs when there are none, then runs the node as a child of this process.

    `management` adds the API that makes vhosts, and metrics; either of these plugins makes every stop in order wait
    five seconds.
    """
    for name in ("rabbitmq", "rabbitmq_dist", "rabbitmq_epmd"):
        check_free(ports[name], needed_by="RabbitMQ")
    programs = await find_or_fetch(state, say=say)
    folder = state.path / "rabbitmq"
    _write_configuration(folder, ports=ports, password=password, management=management)
    env = _environment(programs, folder, ports=ports)
    log = state.logs / "rabbitmq.log"
    epmd = shutil.which("epmd", path=programs.path)
    if epmd is None:
        raise StackError("Erlang's epmd is missing beside the installed RabbitMQ: install the package erlang-base.")
    names = Process(
        "rabbitmq-epmd",
        [epmd, "-address", "127.0.0.1", "-port", str(ports["rabbitmq_epmd"])],
        env=env,
        log=log,
        run=state.run,
    )
    server = Process("rabbitmq", [str(programs.server)], env=env, log=log, run=state.run, cwd=folder)
    broker = RabbitMQ(server, names, ports=ports, password=password)
    try:
        broker.start()
        await broker.wait_ready()
    except BaseException:
        await broker.stop()
        raise
    return broker


def _write_configuration(folder: Path, *, ports: Ports, password: str, management: bool) -> None:
    for part in ("mnesia", "home"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    cookie = folder / "home" / ".erlang.cookie"
    if not cookie.exists():
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
    (folder / "env.conf").touch()
    plugins = "rabbitmq_management,rabbitmq_prometheus" if management else ""
    (folder / "enabled_plugins").write_text(f"[{plugins}].\n")
    configuration = folder / "rabbitmq.conf"
    configuration.touch(mode=0o600)
    lines = {
        "listeners.tcp.1": f"127.0.0.1:{ports['rabbitmq']}",
        "default_user": USER,
        "default_pass": password,
        "log.console": "true",
        "log.console.level": "warning",
        "log.file": "false",
        "consumer_timeout": 1_800_000,
        "vm_memory_high_watermark.absolute": "1GB",
        "disk_free_limit.absolute": "50MB",
        "raft.wal_max_size_bytes": 64 * 1024 * 1024,
    }
    if management:
        lines |= {"management.tcp.ip": "127.0.0.1", "management.tcp.port": ports["rabbitmq_management"]}
        lines |= {"prometheus.tcp.ip": "127.0.0.1", "prometheus.tcp.port": ports["rabbitmq_prometheus"]}
    configuration.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))


def _environment(programs: RabbitPrograms, folder: Path, *, ports: Ports) -> dict[str, str]:
    """Nothing is inherited but the search path: a RABBITMQ_… variable meant for another broker must not leak in."""
    env = {
        "PATH": programs.path,
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "ERL_EPMD_PORT": str(ports["rabbitmq_epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_NODE_PORT": str(ports["rabbitmq"]),
        "RABBITMQ_DIST_PORT": str(ports["rabbitmq_dist"]),
        "RABBITMQ_CTL_DIST_PORT_MIN": str(ports["rabbitmq_ctl"]),
        "RABBITMQ_CTL_DIST_PORT_MAX": str(ports["rabbitmq_ctl"] + 5),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "mnesia" / "feature_flags"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_FLAGS,
        # Makes the start script replace itself by the Erlang machine, which stops in order on SIGTERM.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
    if programs.libraries:
        env["LD_LIBRARY_PATH"] = programs.libraries
    if os.geteuid() == 0:
        env["USER"] = "root"
    return env
