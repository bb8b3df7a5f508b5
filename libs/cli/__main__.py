"""`python -m libs.cli`: runs a command and turns every failure into one sentence."""

from __future__ import annotations

import os
import sys

from deploy.local.errors import StackError
from libs.cli.app import app
from libs.cli.console import err
from libs.cli.errors import CliError
from libs.client.errors import ClientError, Unreachable


def main(arguments: list[str]) -> int:
    """The exit code: 0 done, 1 could not, 2 asked wrongly, 130 interrupted."""
    debug = "--debug" in arguments or bool(os.environ.get("COROFY_DEBUG"))
    words = [word for word in arguments if word != "--debug"]
    try:
        app(args=words, prog_name="corofy")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if debug:
            raise
        err.print(f"corofy: {sentence_of(error)}", markup=False, style="red", soft_wrap=True)
        return 1
    return 0


def sentence_of(error: Exception) -> str:
    """What a person is told of a failure."""
    if isinstance(error, Unreachable):
        return f"{error} See ./corofy status."
    if isinstance(error, (StackError, CliError, ClientError)):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"The system says: {error.strerror}{where}. (--debug shows where this happened.)"
    return f"Something unexpected went wrong: {type(error).__name__}: {error}. (--debug shows where this happened.)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
