"""What every route of the tus protocol (https://tus.io/protocols/resumable-upload, 1.0.0) has in common."""

import base64
import binascii
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from libs.common.errors import AppError, BadRequest, PreconditionFailed, UnsupportedMedia
from libs.common.http.problems import problem_of
from services.ingest.domain.digests import TUS_ALGORITHMS

VERSION = "1.0.0"
CHUNK_TYPE = "application/offset+octet-stream"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
DEFAULT_FILENAME = "upload"


class TusRoute(APIRoute):
    """Refuses other versions (412), and says in every answer, also of an error, which one is spoken."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                _check_version(request)
                response = await answer(request)
            except AppError as error:
                response = problem_of(error)
                if isinstance(error, PreconditionFailed):
                    response.headers["Tus-Version"] = VERSION
            response.headers["Tus-Resumable"] = VERSION
            response.headers["Cache-Control"] = "no-store"
            return response

        return handle


def _check_version(request: Request) -> None:
    spoken = request.headers.get("tus-resumable")
    if request.method != "OPTIONS" and spoken != VERSION:
        msg = f"tus {VERSION} is spoken here, the request says {spoken!r}: send `Tus-Resumable: {VERSION}`"
        raise PreconditionFailed(msg, code="tus_version_unsupported")


def capabilities(max_bytes: int) -> dict[str, str]:
    """The headers that say what this server can do."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(TUS_ALGORITHMS),
    }


def whole_number(request: Request, header: str) -> int:
    """A header that counts bytes. Raises BadRequest (`header_invalid`)."""
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        msg = f"{header} is {text[:50]!r}: it must be a number of bytes"
        raise BadRequest(msg, code="header_invalid")
    return int(text)


def filename_of(metadata: str | None) -> str:
    """`filename` (or `name`) of an `Upload-Metadata`; "upload" when there is none. Raises BadRequest."""
    found: dict[str, str] = {}
    for pair in (metadata or "").split(","):
        key, _, text = pair.strip().partition(" ")
        if not key:
            continue
        try:
            found[key] = base64.b64decode(text.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            msg = f"the value of {key[:50]!r} in Upload-Metadata is not UTF-8 text in base64"
            raise BadRequest(msg, code="metadata_invalid") from error
    return found.get("filename") or found.get("name") or DEFAULT_FILENAME


def metadata_of(filename: str) -> str:
    """The `Upload-Metadata` that says this name."""
    return f"filename {base64.b64encode(filename.encode()).decode()}"


def is_chunk(request: Request) -> bool:
    """Whether the body is a piece of a file. A proxy may name a type for a body that is empty; ours is the one that counts."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower() == CHUNK_TYPE


def check_chunk_type(request: Request) -> None:
    """Raises UnsupportedMedia unless the body is a piece of a file."""
    if not is_chunk(request):
        raise not_a_chunk()


def not_a_chunk() -> UnsupportedMedia:
    """The refusal of a body that is something else."""
    return UnsupportedMedia(f"the bytes of a file are sent as {CHUNK_TYPE}")
