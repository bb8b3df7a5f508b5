"""A stored file as an answer: whole or by a range, under a safe name, streamed."""

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from libs.common.errors import Gone
from libs.common.storage import ObjectMissing, Storage
from services.ingest.domain.downloads import MEDIA_TYPES, Download, byte_range, content_disposition

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {media.split(";")[0]: _BINARY for media in MEDIA_TYPES.values()}
FILE_RESPONSES: dict[int | str, dict[str, object]] = {
    200: {"description": "The sheet with its new columns.", "content": _CONTENT},
    206: {"description": "The bytes that `Range` asked for.", "content": _CONTENT},
    416: {"description": "The file does not have such bytes; `Content-Range` says how many it has."},
}


async def send_file(request: Request, download: Download, *, storage: Storage) -> Response:
    """The file, or what `Range` asks of it (RFC 9110, 14): with `If-Range` only while it is the one whose ETag is given.

    To HEAD the headers alone. Raises Gone `file_gone` when it is not there any more.
    """
    try:
        found = await storage.describe(download.key)
    except ObjectMissing as error:
        msg = "this file is not kept any more: make the sheet again where you got its link"
        raise Gone(msg, code="file_gone") from error
    headers = {
        "Content-Disposition": content_disposition(download.filename),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    etag = f'"{found.version}"' if found.version else None
    if etag is not None:
        headers["ETag"] = etag
    if_range = request.headers.get("if-range")
    wanted = byte_range(request.headers.get("range"), size=found.size) if if_range in {None, etag} else None
    start, end = wanted or (0, found.size)
    if wanted is not None and start >= end:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{found.size}"})
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - start)
    status, media_type = 200 if wanted is None else 206, MEDIA_TYPES[download.file_format]
    if request.method == "HEAD":
        return Response(status_code=status, media_type=media_type, headers=headers)
    body = storage.stream(download.key, start=start, length=end - start)
    return StreamingResponse(body, status_code=status, media_type=media_type, headers=headers)
