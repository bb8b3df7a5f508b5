"""How the fields of a text file are separated and quoted: found in its first 16 KB, unless somebody said it."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.ingest.domain.reading_options import ReadingOptions
from services.ingest.reading.deadline import OutOfTime, cpu_deadline

DELIMITERS = (",", ";", "\t", "|")
_SNIFF_CPU_S = 1.0
_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=([^\r\n"])"?(\r\n|\r|\n|$)', re.IGNORECASE)
_OTHER_QUOTING = re.compile(r"""\\["']|(^|[,;\t|\r\n])'""")


@dataclass(frozen=True)
class Dialect:
    """How the fields of a text file are separated and quoted. `quotechar` None: not at all."""

    delimiter: str
    quotechar: str | None = '"'
    escapechar: str | None = None


def separator_line(sample: str) -> str | None:
    """The delimiter that a first line `sep=;` names, which Excel writes and reads. It is no row of the table."""
    found = _SEPARATOR_LINE.match(sample)
    return found.group(1) if found else None


def choose_dialect(sample: str, options: ReadingOptions) -> Dialect:
    """What was decided, and what the sample says of the rest."""
    if options.delimiter is not None and options.quotechar is not None:
        found = Dialect(options.delimiter)
    elif named := options.delimiter or separator_line(sample):
        found = replace(detect_dialect(sample), delimiter=named)
    else:
        found = detect_dialect(sample)
    if options.quotechar is None:
        return found if found.quotechar != found.delimiter else replace(found, quotechar='"')
    return replace(found, quotechar=options.quotechar or None)


def detect_dialect(sample: str) -> Dialect:
    """Delimiter and quoting of a sample; a file of one column counts as comma-separated."""
    if not any(delimiter in sample for delimiter in DELIMITERS):
        return Dialect(",")
    return _clear(sample) or _sniffed(sample)


def _clear(sample: str) -> Dialect | None:
    """The one delimiter that makes equally long rows of the whole sample, where there is just one: found at once."""
    if _OTHER_QUOTING.search(sample):
        return None
    fitting = [delimiter for delimiter in DELIMITERS if delimiter in sample and _is_even(sample, delimiter)]
    return Dialect(fitting[0]) if len(fitting) == 1 else None


def _is_even(sample: str, delimiter: str) -> bool:
    try:
        widths = [len(row) for row in csv.reader(sample.splitlines(keepends=True), delimiter=delimiter) if row]
    except csv.Error:
        return False
    return len(widths) > 1 and widths[0] > 1 and len(set(widths)) == 1


def _sniffed(sample: str) -> Dialect:
    import clevercsv

    found = None
    try:
        with cpu_deadline(_SNIFF_CPU_S):
            found = clevercsv.Sniffer().sniff(sample, delimiters=list(DELIMITERS))
    except (clevercsv.Error, csv.Error, OutOfTime):
        found = None
    delimiter = found.delimiter if found and found.delimiter in DELIMITERS else _commonest(sample.lstrip().splitlines())
    quotechar = "'" if found and found.quotechar == "'" and '"' not in sample else '"'
    escapes = bool(found and found.escapechar == "\\" and f"\\{quotechar}" in sample)
    return Dialect(delimiter, quotechar, "\\" if escapes else None)


def _commonest(lines: Sequence[str]) -> str:
    return max(DELIMITERS, key=lambda sign: (lines[0].count(sign), sum(line.count(sign) for line in lines)))
