"""`python -m deploy.web`: builds the web app where there is no `corofy` command, as in the image's recipe."""

from __future__ import annotations

import asyncio
import sys

from deploy.web.build import WebError, Workshop


def main() -> int:
    """0 when the web app is there, else 1."""
    try:
        asyncio.run(Workshop(say=lambda line: print(line, file=sys.stderr, flush=True)).build())  # noqa: T201
    except WebError as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is nobody else to tell
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
