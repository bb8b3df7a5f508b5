"""A copy of a workbook in which one large sheet also stands as windows, each a sheet of its own. The shared strings are
in it once, so that they are read once."""

import re
import shutil
import zipfile
from pathlib import Path

from services.ingest.reading.archives import read_part
from services.ingest.reading.sheet_windows import WINDOW_BYTES, NotCuttable, SheetCutter
from services.ingest.reading.workbook_parts import INDEX_BYTES, RELATIONS, WORKBOOK

_FOLDER = "xl/worksheets/"
_SHEETS_END = re.compile(rb"</((?:[\w.-]+:)?)sheets\s*>")
_RELATIONS_END = re.compile(rb"</((?:[\w.-]+:)?)Relationships\s*>")
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK_LEVEL = 1
"""Of the windows: as they are they would take ten times the room, and packing them better ten times as long."""


def write_windowed_copy(
    archive: zipfile.ZipFile, part: str, target: Path, *, window_bytes: int = WINDOW_BYTES
) -> list[str] | None:
    """Writes the copy; answers the names of the windows in the order of their rows.

    None, and no copy, when the sheet cannot be cut, or there is no room for a copy: then it has to be read as a whole.
    """
    assert archive.filename is not None
    try:
        shutil.copyfile(archive.filename, target)
        with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=_PACK_LEVEL) as copy:
            count = _add_windows(archive, part, copy, window_bytes=window_bytes)
            _list_windows(copy, count)
    except (NotCuttable, OSError):
        target.unlink(missing_ok=True)
        return None
    return [_name(number) for number in range(count)]


def _name(number: int) -> str:
    """No spreadsheet program lets a sheet be called so."""
    return f"[window/{number}]"


def _add_windows(archive: zipfile.ZipFile, part: str, copy: zipfile.ZipFile, *, window_bytes: int) -> int:
    count = 0
    with archive.open(part) as source:
        for window in SheetCutter(source, window_bytes=window_bytes).windows():
            name = _part_name(count)
            if name in copy.NameToInfo:
                raise NotCuttable
            with copy.open(name, "w", force_zip64=True) as out:
                out.writelines(window)
            count += 1
    return count


def _part_name(number: int) -> str:
    return f"{_FOLDER}window-{number}.xml"


def _list_windows(copy: zipfile.ZipFile, count: int) -> None:
    sheets = [
        b'<%%bsheet xmlns:r="%b" name="%b" sheetId="%d" r:id="window%d"/>' % (_OFFICE, _name(n).encode(), 2**16 + n, n)
        for n in range(count)
    ]
    relations = [
        b'<%%bRelationship Id="window%d" Type="%b/worksheet" Target="/%b"/>' % (n, _OFFICE, _part_name(n).encode())
        for n in range(count)
    ]
    _extend(copy, WORKBOOK, sheets, before=_SHEETS_END)
    _extend(copy, RELATIONS, relations, before=_RELATIONS_END)


def _extend(copy: zipfile.ZipFile, part: str, elements: list[bytes], *, before: re.Pattern[bytes]) -> None:
    old = read_part(copy, part, max_bytes=INDEX_BYTES)
    ends = list(before.finditer(old))
    if len(ends) != 1:
        raise NotCuttable
    at, prefix = ends[0].start(), ends[0][1]
    new = b"".join([old[:at], *(element % prefix for element in elements), old[at:]])
    # The archive's index forgets the old entry; its bytes stay, where nobody looks for them.
    copy.filelist.remove(copy.NameToInfo.pop(part))
    copy.writestr(part, new)
