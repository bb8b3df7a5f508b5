"""The description of the whole public API: one committed file, made of the services' committed documents.

`python -m libs.common.http.openapi` writes them, and then it by `python -m services.gateway.public_api`; `--check` fails when a
byte would differ.
"""

import argparse
import functools
import json
import sys
from pathlib import Path
from typing import Any

from libs.common.app import VERSION
from libs.common.http.openapi import Document, load_committed, merge_openapi, stale_words, text_of
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


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the committed document is out of date")
    text = text_of(made())
    if not parser.parse_args().check:
        PATH.write_text(text, "utf-8")
    elif not PATH.exists() or PATH.read_text("utf-8") != text:
        sys.exit(stale_words([f"services/gateway/{PATH.name}"]))


if __name__ == "__main__":
    _main()
