"""Rows that were pasted: what the body of the request may be."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.common.errors import Invalid, UnsupportedMedia
from services.ingest.use_cases.receive_upload import too_large

MAX_PASTED_BYTES = 5 * 1000 * 1000
PASTED_FILENAME = "Pasted rows"
_JSON_BYTES = 2 * MAX_PASTED_BYTES
"""JSON writes tabs, line ends and quotes with two bytes each."""


class PastedRows(BaseModel):
    """Rows as text, tabs or commas between the cells, the header first."""

    model_config = ConfigDict(extra="forbid")

    text: str
    filename: str = Field(default=PASTED_FILENAME, min_length=1, max_length=1000)


PASTED_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/json": {"schema": PastedRows.model_json_schema()},
        },
    }
}


async def read_pasted(request: Request, *, filename: str) -> tuple[bytes, str]:
    """The text in UTF-8, and its name. Raises TooLarge, Invalid, UnsupportedMedia."""
    kind = request.headers.get("content-type", "text/plain").split(";")[0].strip().lower()
    if kind == "text/plain":
        return await _body(request, max_bytes=MAX_PASTED_BYTES), filename
    if kind != "application/json":
        msg = f"rows are pasted as text/plain or application/json, not {kind[:100]}"
        raise UnsupportedMedia(msg)
    try:
        pasted = PastedRows.model_validate_json(await _body(request, max_bytes=_JSON_BYTES))
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())
        raise Invalid(found, code="invalid_request") from error
    return pasted.text.encode(errors="replace"), pasted.filename


async def _body(request: Request, *, max_bytes: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise too_large(MAX_PASTED_BYTES)
    return bytes(body)
