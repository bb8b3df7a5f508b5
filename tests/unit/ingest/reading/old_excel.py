"""Old Excel workbooks (BIFF5 and BIFF8 in an OLE2 container), written just well enough to be read.

Formats: [MS-CFB] and [MS-XLS].
"""

from __future__ import annotations

import struct
from typing import Literal

END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SECTOR = 512
_MIN_STREAM = 4096


def container(stream: bytes, *, name: str = "Workbook", fat: list[int] | None = None) -> bytes:
    """An OLE2 file with one stream. With `fat` its sectors are chained as that says."""
    stream = stream.ljust(_MIN_STREAM, b"\0")
    sectors = -(-len(stream) // SECTOR)
    entries = -(-(sectors + 2) // 128)
    # Sectors: the table, the folder, the stream.
    start = entries + 1
    chain = [FAT] * entries + [END] + [start + n + 1 for n in range(sectors - 1)] + [END]
    table = (fat or chain) + [FREE] * (entries * 128 - len(fat or chain))
    difat = list(range(entries)) + [FREE] * (109 - entries)
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII109I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        b"",
        0,
        entries,
        entries,
        0,
        _MIN_STREAM,
        END,
        0,
        END,
        0,
        *difat,
    )
    folder = _folder_entry("Root Entry", kind=5, child=1, start=END, size=0)
    folder += _folder_entry(name, kind=2, child=FREE, start=start, size=len(stream))
    body = stream.ljust(sectors * SECTOR, b"\0")
    return header + struct.pack(f"<{entries * 128}I", *table) + folder.ljust(SECTOR, b"\0") + body


def _folder_entry(name: str, *, kind: int, child: int, start: int, size: int) -> bytes:
    wide = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sHBBIII16sIQQIII", wide, len(wide), kind, 1, FREE, FREE, child, b"", 0, 0, 0, start, size, 0)


def record(number: int, data: bytes = b"") -> bytes:
    """One BIFF record."""
    return struct.pack("<HH", number, len(data)) + data


def _text(text: str, *, biff: int, wide: bool = True) -> bytes:
    if biff == 5:
        data = text.encode("cp1252")
        return struct.pack("<H" if wide else "<B", len(data)) + data
    data = text.encode("utf-16-le")
    return struct.pack("<HB" if wide else "<BB", len(text), 1) + data


def xls(
    rows: list[list[str | float | bool | None]],
    *,
    biff: Literal[5, 8] = 8,
    is_1904: bool = False,
    dates: tuple[tuple[int, int], ...] = (),
    errors: dict[tuple[int, int], int] | None = None,
    hidden_first: bool = False,
    password: bool = False,
    extra: bytes = b"",
) -> bytes:
    """A workbook with the sheet "Leads"; cells in `dates` have a date format. `extra` are more records of its sheet."""
    version = 0x0600 if biff == 8 else 0x0500
    head = record(0x809, struct.pack("<HHHHII", version, 5, 0x0DBB, 0x07CC, 0, 0x0600)[: 16 if biff == 8 else 8])
    if password:
        head += record(0x2F, struct.pack("<HHH", 0, 0x1234, 0x5678))
    head += record(0x42, struct.pack("<H", 1252 if biff == 5 else 1200)) + record(0x22, struct.pack("<H", is_1904))
    # Two cell formats: general, and a date (built-in format 14).
    for number in (0, 14):
        size = 20 if biff == 8 else 16
        head += record(0xE0, struct.pack("<HH", 0, number).ljust(size, b"\0"))
    names = [("Old", 1), ("Leads", 0)] if hidden_first else [("Leads", 0)]
    sheets = [_sheet([], biff=biff)] if hidden_first else []
    sheets.append(_sheet(rows, biff=biff, dates=dates, errors=errors or {}, extra=extra))

    def bound(offsets: list[int]) -> bytes:
        return b"".join(
            record(0x85, struct.pack("<IBB", offset, state, 0) + _text(name, biff=biff, wide=False))
            for offset, (name, state) in zip(offsets, names, strict=True)
        )

    end = record(0x0A)
    begin = len(head + bound([0] * len(names)) + end)
    offsets = [begin + sum(map(len, sheets[:index])) for index in range(len(sheets))]
    return container(head + bound(offsets) + end + b"".join(sheets), name="Workbook" if biff == 8 else "Book")


def _sheet(
    rows: list[list[str | float | bool | None]],
    *,
    biff: int,
    dates: tuple[tuple[int, int], ...] = (),
    errors: dict[tuple[int, int], int] | None = None,
    extra: bytes = b"",
) -> bytes:
    version = 0x0600 if biff == 8 else 0x0500
    out = record(0x809, struct.pack("<HHHHII", version, 0x10, 0x0DBB, 0x07CC, 0, 0x0600)[: 16 if biff == 8 else 8])
    width = max((len(row) for row in rows), default=0)
    layout = "<IIHHH" if biff == 8 else "<HHHHH"
    out += record(0x200, struct.pack(layout, 0, len(rows), 0, width, 0))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            at = struct.pack("<HHH", r, c, 1 if (r, c) in dates else 0)
            if isinstance(value, bool):
                out += record(0x205, at + struct.pack("<BB", value, 0))
            elif isinstance(value, str):
                out += record(0x204, at + _text(value, biff=biff))
            elif value is not None:
                out += record(0x203, at + struct.pack("<d", value))
    for (r, c), code in (errors or {}).items():
        out += record(0x205, struct.pack("<HHHBB", r, c, 0, code, 1))
    return out + extra + record(0x0A)
