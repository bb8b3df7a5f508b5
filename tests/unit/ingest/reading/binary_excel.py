"""Binary Excel workbooks (XLSB), written just well enough to be read. Format: [MS-XLSB]."""

from __future__ import annotations

import struct

from tests.unit.ingest.reading.steps import zipped

_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _record(number: int, data: bytes = b"") -> bytes:
    head = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    return head + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 128:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(sheets: dict[str, list[list[str | float | bool | None]]], *, hidden: tuple[str, ...] = ()) -> bytes:
    """A workbook of sheets with text, numbers and booleans."""
    names = list(sheets)
    bundle = b"".join(
        _record(156, struct.pack("<II", name in hidden, n) + _wide(f"rId{n}") + _wide(name))
        for n, name in enumerate(names, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{n}.bin"/>'
        for n in range(1, len(names) + 1)
    )
    parts = {f"xl/worksheets/sheet{n}.bin": _sheet(sheets[name]) for n, name in enumerate(names, 1)}
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>'.encode(),
            "xl/workbook.bin": b"".join(
                (_record(131), _record(143), bundle, _record(144), _record(132)),
            ),
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'.encode(),
            **parts,
        }
    )


def _sheet(rows: list[list[str | float | bool | None]]) -> bytes:
    width = max(map(len, rows), default=1)
    out = _record(129) + _record(148, struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, width - 1)) + _record(145)
    for number, row in enumerate(rows):
        out += _record(0, struct.pack("<I", number).ljust(17, b"\0"))
        for column, value in enumerate(row):
            at = struct.pack("<II", column, 0)
            if isinstance(value, bool):
                out += _record(4, at + bytes([value]))
            elif isinstance(value, str):
                out += _record(6, at + _wide(value))
            elif value is not None:
                out += _record(5, at + struct.pack("<d", value))
    return out + _record(146) + _record(130)
