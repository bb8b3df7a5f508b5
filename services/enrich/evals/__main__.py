"""`python -m services.enrich.evals`: what `./corofy eval` runs. Ends with 1 when a case is not as it should be."""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict

import orjson
import uvicorn

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.state import SandboxSettings
from libs.common.logs import configure_logs
from services.enrich.clients.accounts import Account, account
from services.enrich.clients.errors import OutOfTime, ProviderOut
from services.enrich.evals.cases import Case, load_cases
from services.enrich.evals.injections import load_injections
from services.enrich.evals.report import DOCS, HEADER, faults, render, with_results
from services.enrich.evals.run import open_desk
from services.enrich.evals.score import Score, Total, score

_GROQ = "https://api.groq.com"
_MODELS = "openai/gpt-oss-20b"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):
        """Ctrl-C ends the run, not only its sandbox."""
        yield


@contextlib.asynccontextmanager
async def _model(*, real: bool) -> AsyncGenerator[tuple[Account, SandboxApp | None]]:
    """Groq itself, or the sandbox's model on a port of this machine."""
    if real:
        key, url = os.environ.get("GROQ_API_KEY", ""), os.environ.get("GROQ_BASE_URL") or _GROQ
        yield account("groq", key=key, base_url=url, sandbox_url=""), None
        return
    app = SandboxApp(SandboxSettings())
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield account("groq", key="", base_url="", sandbox_url=f"http://127.0.0.1:{port}"), app
    finally:
        server.should_exit = True
        await task


async def _run(cases: Sequence[Case], models: Sequence[str], *, real: bool) -> list[Score]:
    """The cases as they are; of the injections the sandbox's model obeys every one."""
    async with _model(real=real) as (groq, sandbox), open_desk(cases, groq, models=models) as desk:
        plain = await desk.run_all([case for case in cases if not case.is_injection])
        if sandbox is not None:
            sandbox.box.turn(sandbox.box.dials.turned({"groq": {"obey_injection": 1}}))
        injected = await desk.run_all([case for case in cases if case.is_injection])
    return [score(one) for one in (*plain, *injected)]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="corofy eval", description="Judge the prompts by the eval set and the injections."
    )
    parser.add_argument("--real", action="store_true", help="ask Groq itself (GROQ_API_KEY), not the sandbox's model")
    parser.add_argument("--case", help="only the cases whose name begins so")
    parser.add_argument("--json", action="store_true", help="one JSON line per case and one for each set")
    parser.add_argument("--write-docs", action="store_true", help="write the table into docs/how-to/judge-prompts.md")
    asked = parser.parse_args()
    if asked.real and not os.environ.get("GROQ_API_KEY"):
        parser.error("--real asks Groq itself: set GROQ_API_KEY, or leave --real out to ask the sandbox's model")
    if asked.write_docs and asked.case:
        parser.error("--write-docs writes the results of the whole set: leave --case out")
    return asked


def main() -> int:
    """Run, print, and say whether all is well."""
    asked = _asked()
    configure_logs(service="enrich", fmt="console", level="ERROR")
    every = [*load_cases(), *(one.as_case() for one in load_injections())]
    cases = [case for case in every if case.name.startswith(asked.case or "")]
    if not cases:
        sys.exit(f"There is no case whose name begins with {asked.case!r}.")
    models = [part.strip() for part in (os.environ.get("GROQ_MODELS") or _MODELS).split(",") if part.strip()]
    try:
        scores = asyncio.run(_run(cases, models, real=asked.real))
    except ExceptionGroup as failures:
        stopped = failures.subgroup((ProviderOut, OutOfTime))
        if stopped is None:
            raise
        sys.exit(
            f"The run is not finished: {stopped.exceptions[0] or 'a limit outlasts it'}. Mend that, or run it again later."
        )
    injections = {case.name for case in cases if case.is_injection}
    plain = [one for one in scores if one.name not in injections]
    injected = [one for one in scores if one.name in injections]
    model = models[0] if asked.real else "sandbox"
    lines = render(plain, injected, model=model)
    _print(plain, injected, lines, as_json=asked.json)
    if asked.write_docs:
        DOCS.write_text(with_results(DOCS.read_text("utf-8"), lines, model=model), "utf-8")
    return 0 if all(one.is_good for one in scores) else 1


def _print(
    plain: Sequence[Score], injected: Sequence[Score], lines: Sequence[tuple[str, ...]], *, as_json: bool
) -> None:
    if as_json:
        totals = [
            asdict(Total.of(scores)) | {"set": name}
            for name, scores in (("eval", plain), ("injections", injected))
            if scores
        ]
        print(*(orjson.dumps(one).decode() for one in (*map(asdict, (*plain, *injected)), *totals)), sep="\n")  # noqa: T201
        return
    for line in faults([*plain, *injected]):
        print(line)  # noqa: T201 - what a command is for
    widths = [max(len(row[at]) for row in (HEADER, *lines)) for at in range(len(HEADER))]
    for row in (HEADER, *lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
