"""What reading and writing a sheet costs: memory at ten times the rows, and processor time beside the fastest bare library."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import openpyxl
import orjson
from rustpy_xlsxwriter import FastExcel

from benchmarks.figures import Figure, print_table, to_json_line
from libs.cli.console import say

NAME = "sheets"
DESCRIPTION = "Memory of reading and writing a sheet at ten times the rows, and time beside the fastest libraries."
SMALL, LARGE = 10_000, 100_000
COLUMNS = 12
_MIB = 1024 * 1024
_MEMORY = 2 * 1024 * _MIB
_FLAT = 1.2
_HEADER = [f"column {n}" for n in range(COLUMNS)]


class Cost(NamedTuple):
    """What a child process took. Seconds are the processor's: other work on the machine does not count."""

    seconds: float
    peak_mib: float


def table(rows: int) -> Iterator[list[str]]:
    """Text such as lists of leads have."""
    for n in range(rows):
        fixed = ["Acme & Sons", "00123", "United States", "https://acme.example", "Head of Procurement", "lubricants"]
        yield [
            f"lead{n}@acme{n % 977}.example",
            f"Name {n}",
            str(n),
            *fixed,
            f"City {n % 131}",
            f"+49 30 {n:07d}",
            "note",
        ]


def rows_with_results(rows: int) -> Iterator[list[str]]:
    """The same rows with the two new columns."""
    research = orjson.dumps(
        {"company": [{"id": f"c{n}", "text": "sells additives to " * 8} for n in range(4)]}
    ).decode()
    for n, row in enumerate(table(rows)):
        yield [*row, research, f"Hello, line number {n} speaks of your additives."]


def run() -> list[Figure]:
    """Every figure, each beside its reference in the same run."""
    with tempfile.TemporaryDirectory(prefix="corofy-bench-") as name:
        folder = Path(name)
        return [*_reading_csv(folder), *_reading_xlsx(folder), *_writing(folder)]


def _reading_csv(folder: Path) -> list[Figure]:
    costs: dict[int, Cost] = {}
    for rows in (SMALL, LARGE):
        path = folder / f"{rows}.csv"
        say(f"Reading a CSV of {rows:,} rows")
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([_HEADER, *table(rows)])
        costs[rows] = _read(path)
    return [_flat("reading a CSV", costs), _time("reading 100k x 12 CSV", costs[LARGE].seconds)]


def _reading_xlsx(folder: Path) -> list[Figure]:
    path = folder / "large.xlsx"
    say(f"Reading a workbook of {LARGE:,} rows: openpyxl, then ours")
    FastExcel(str(path)).sheet("Rows", (dict(zip(_HEADER, row, strict=True)) for row in table(LARGE))).save()
    began = time.process_time()
    for _ in openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True):
        continue
    bare, ours = time.process_time() - began, _read(path)
    speed = bare / ours.seconds
    return [
        Figure(NAME, "openpyxl read-only, 100k x 12", round(bare, 2), "s"),
        Figure(
            NAME,
            "reading 100k x 12 XLSX",
            round(ours.seconds, 2),
            "s",
            "openpyxl, times faster",
            round(speed, 2),
            ">= 5",
            speed >= 5,
        ),
        Figure(NAME, "reading 100k x 12 XLSX: peak", round(ours.peak_mib), "MiB"),
    ]


def _writing(folder: Path) -> list[Figure]:
    heads = [*_HEADER, "sif_research", "sif_personalized"]
    say(f"Writing {LARGE:,} rows with rustpy-xlsxwriter")
    began = time.process_time()
    FastExcel(str(folder / "bare.xlsx")).sheet(
        "Rows", (dict(zip(heads, row, strict=True)) for row in rows_with_results(LARGE))
    ).save()
    bare = time.process_time() - began
    costs = {rows: _write(folder, rows) for rows in (SMALL, LARGE)}
    ratio = costs[LARGE].seconds / bare
    return [
        _flat("writing XLSX and CSV", costs),
        Figure(NAME, "rustpy-xlsxwriter alone, XLSX only, 100k x 14", round(bare, 2), "s"),
        Figure(
            NAME,
            "writing 100k x 14 XLSX and CSV",
            round(costs[LARGE].seconds, 2),
            "s",
            "rustpy alone",
            round(ratio, 2),
            "<= 1.5",
            ratio <= 1.5,
        ),
    ]


def _flat(what: str, costs: dict[int, Cost]) -> Figure:
    ratio = costs[LARGE].peak_mib / costs[SMALL].peak_mib
    figure = f"{what}: peak at 100k rows"
    value = round(costs[LARGE].peak_mib)
    return Figure(NAME, figure, value, "MiB", "10k rows", round(ratio, 2), f"ratio <= {_FLAT}", ratio <= _FLAT)


def _time(what: str, seconds: float) -> Figure:
    return Figure(NAME, what, round(seconds, 2), "s", goal="<= 2 s", holds=seconds <= 2)


def _read(path: Path) -> Cost:
    command = ["services.ingest.reading.child", str(path), "{}", str(_MEMORY), "600", str(10**9), str(os.getpid())]
    return _cost(command, iter(()))


def _write(folder: Path, rows: int) -> Cost:
    say(f"Writing {rows:,} rows as XLSX and CSV")

    def lines() -> Iterator[bytes]:
        about = {"header": _HEADER, "sheet_name": "Rows", "extras": [], "flat": False, "formats": ["xlsx", "csv"]}
        yield orjson.dumps(about) + b"\n"
        for row in rows_with_results(rows):
            outcome = orjson.dumps(["enriched", None, row[-1]])
            yield b"%b\n%b\n%b\n" % (orjson.dumps(row[:COLUMNS]), row[-2].encode(), outcome)
        yield orjson.dumps({"summary": [["File", "leads.csv"]]}) + b"\n"

    return _cost(["services.ingest.export.child", str(folder), str(_MEMORY), "600", str(os.getpid())], lines())


def _cost(arguments: list[str], lines: Iterator[bytes]) -> Cost:
    """Run the child as the service does: its processor time, and its own highest resident memory."""
    with subprocess.Popen(
        [sys.executable, "-m", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=_MIB
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        peak = _Peak(child.pid)
        with child.stdin:
            child.stdin.writelines(lines)
        while child.stdout.read(_MIB // 16):
            continue
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"the child ended with {child.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, peak.finish())


class _Peak:
    """The highest VmHWM seen of a process. Its `ru_maxrss` would count what we held when we started it."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._mib = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def finish(self) -> float:
        self._over.set()
        self._thread.join()
        return self._mib

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                return
            self._mib = max([self._mib, *(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))])


if __name__ == "__main__":
    figures = run()
    if "--json" in sys.argv:
        print("\n".join(to_json_line(figure) for figure in figures))
    else:
        print_table(figures)
