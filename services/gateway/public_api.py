"""The description of the whole public API: one committed file, made of the services' committed documents.

`python -m libs.common.http.openapi` writes it with them; `--check` fails when a byte would differ.
"""

import functools
import json
from pathlib import Path
from typing import Any

from libs.common.app import VERSION
from libs.common.http.openapi import Document, load_committed, merge_openapi
from services.gateway.domain.public_api import complete

PATH = Path(__file__).with_name("public_api.json")
_DESCRIPTION = (
    "Upload leads, get them researched with cited sources and opening lines, and send. Sign in with `POST /auth/v1/token`,"
    " or send an API key. Every error below `/v1` is problem+json (RFC 9457) with a stable `code`; signing in answers as"
    " Supabase Auth does. Lists are paged by `cursor`. `x-permission` and `x-roles` say who may ask."
)


def made() -> Document:
    """The description as it has to be now."""
    return complete(merge_openapi(load_committed(), version=VERSION, description=_DESCRIPTION))


@functools.cache
def public_document() -> dict[str, Any]:
    """OpenAPI 3.1, read from the committed file once."""
    return json.loads(PATH.read_bytes())
