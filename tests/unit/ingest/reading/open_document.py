"""OpenDocument sheets (ODS), written just well enough to be read."""

from __future__ import annotations

from tests.unit.ingest.reading.steps import zipped

_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"><office:body><office:spreadsheet>'
)
_TAIL = "</office:spreadsheet></office:body></office:document-content>"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{}</manifest:manifest>'
)


def cell(value: str | float | bool | None, *, repeated: int = 1, kind: str | None = None) -> str:
    """One cell; `kind` says that the text is a date or a time."""
    times = f' table:number-columns-repeated="{repeated}"' if repeated > 1 else ""
    if value is None:
        return f"<table:table-cell{times}/>"
    if isinstance(value, bool):
        attributes = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, float):
        attributes = f'office:value-type="float" office:value="{value}"'
    elif kind:
        attributes = f'office:value-type="{kind}" office:{kind}-value="{value}"'
    else:
        attributes = 'office:value-type="string"'
    return f"<table:table-cell{times} {attributes}><text:p>{value}</text:p></table:table-cell>"


def row(*cells: str, repeated: int = 1) -> str:
    """One row."""
    times = f' table:number-rows-repeated="{repeated}"' if repeated > 1 else ""
    return f"<table:table-row{times}>{''.join(cells)}</table:table-row>"


def ods(sheets: dict[str, list[str]], *, password: bool = False) -> bytes:
    """A document of sheets made of rows."""
    tables = "".join(f'<table:table table:name="{name}">{"".join(rows)}</table:table>' for name, rows in sheets.items())
    secret = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": b"\x8f\x00garbled" if password else (_HEAD + tables + _TAIL).encode(),
            "META-INF/manifest.xml": _MANIFEST.format(secret if password else "").encode(),
        }
    )
