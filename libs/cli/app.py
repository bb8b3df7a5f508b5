"""The table of contents of the `corofy` command. Each command imports its work only when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="corofy",
    help="Lead enrichment and outreach on one machine: a sheet goes in, researched rows and sent emails come out.",
    epilog="--debug (anywhere) shows where a failure happened.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
dead = typer.Typer(help="Messages that could not be handled: look at them, give them back or let them go.")
app.add_typer(dead, name="dead", no_args_is_help=True)
catalogue = typer.Typer(help="What you sell and the rules that say to whom: import it, export it, try it on a file.")
app.add_typer(catalogue, name="catalogue", no_args_is_help=True)
web = typer.Typer(help="The web app's sources, for who changes them: build, check, develop.")
app.add_typer(web, name="web", no_args_is_help=True)


@app.command()
def demo(once: Annotated[bool, typer.Option("--once", help="Stop everything and exit when the list is done.")] = False):
    """Start everything, run a sample list through it, send the first emails to the sandbox's inbox."""
    from libs.cli.demo import demo as work
    from libs.cli.waiting import run

    run(work(once=once, folder=Path.cwd()))


@app.command()
def up(
    only: Annotated[list[str], typer.Option("--only", help="Start only this service (may be repeated).")] = [],  # noqa: B006 - Typer reads it
) -> None:
    """Start everything and keep it running until Ctrl-C."""
    from libs.cli.up import up as work
    from libs.cli.waiting import run

    run(work(tuple(only)))


@app.command()
def enrich(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, XLSX, XLS, XLSB or ODS, also packed as .gz or .zip.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write: .xlsx or .csv.")],
    sheet: Annotated[str | None, typer.Option(help="Which sheet of a workbook.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text file, such as windows-1252.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of a text file: one character, or tab.")] = None,
    header_row: Annotated[int | None, typer.Option(help="Where the header is; 0 when there is none.")] = None,
    first: Annotated[int | None, typer.Option(help="Only the first so many rows.")] = None,
    ceiling: Annotated[int | None, typer.Option(help="Spend at most so many credits, then wait.")] = None,
    column: Annotated[
        list[str], typer.Option(help="'Name: what to find out': one more column (may be repeated).")
    ] = [],  # noqa: B006 - Typer reads it
    flat: Annotated[bool, typer.Option("--flat", help="Spread the research over readable columns, too.")] = False,
    tone: Annotated[str | None, typer.Option(help="Of the lines: friendly, formal, direct or playful.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the lines, such as de.")] = None,
    max_words: Annotated[int | None, typer.Option(help="Of a line: 10 to 80.")] = None,
    offer: Annotated[str | None, typer.Option(help="What you sell.")] = None,
    forbid: Annotated[list[str], typer.Option(help="A word or phrase no line may have (may be repeated).")] = [],  # noqa: B006 - Typer reads it
    line_rules: Annotated[
        str | None, typer.Option(help="Your own words on how to write; {company} and the like stand for the row's.")
    ] = None,
) -> None:
    """Run a file through the API of the running Corofy, or of one started for the duration."""
    from libs.cli.enrich import enrich as work
    from libs.cli.order import Order
    from libs.cli.waiting import run

    order = Order(
        *(sheet, encoding, delimiter, header_row, first, ceiling, tuple(column), flat),
        *(tone, language, max_words, offer, tuple(forbid), line_rules),
    )
    run(work(file, output, order))


@app.command()
def status() -> None:
    """Services, queues, outbox lag and dead letters of the running Corofy."""
    from libs.cli.status import status as work
    from libs.cli.waiting import run

    raise typer.Exit(run(work()))


@app.command()
def doctor() -> None:
    """Check this machine and the configuration, and say what to do about what is wrong."""
    from libs.cli.doctor import doctor as work
    from libs.cli.waiting import run

    raise typer.Exit(run(work()))


@app.command()
def logs(
    service: Annotated[str, typer.Argument(help="One process; all of them when left out.")] = "",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines come in.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", help="How many of the last lines of each.")] = 50,
) -> None:
    """What the processes have logged."""
    from libs.cli.logs import logs as work
    from libs.cli.waiting import run

    run(work(service, follow=follow, lines=lines))


@dead.command("list")
def dead_list() -> None:
    """All open dead letters, newest first."""
    from libs.cli.dead import list_all
    from libs.cli.waiting import run

    run(list_all())


@dead.command("show")
def dead_show(letter: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """One dead letter with its errors and its payload."""
    from libs.cli.dead import show
    from libs.cli.waiting import run

    run(show(letter))


@dead.command("replay")
def dead_replay(letter: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Give it back to the queue it died in."""
    from libs.cli.dead import act
    from libs.cli.waiting import run

    run(act(letter, "replay"))


@dead.command("discard")
def dead_discard(letter: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Close it for good."""
    from libs.cli.dead import act
    from libs.cli.waiting import run

    run(act(letter, "discard"))


@catalogue.command("import")
def catalogue_import(
    source: Annotated[str, typer.Argument(metavar="FILE", help="JSON or CSV; `example` is the one that is shipped.")],
) -> None:
    """Replace the catalogue by a file."""
    from libs.cli.catalogue import import_file
    from libs.cli.waiting import run

    run(import_file(source))


@catalogue.command("export")
def catalogue_export(output: Annotated[Path, typer.Argument(help="Where to write: .json or .csv.")]) -> None:
    """Write the catalogue to a file that can be imported."""
    from libs.cli.catalogue import export_file
    from libs.cli.waiting import run

    run(export_file(output))


@catalogue.command("test")
def catalogue_test(file: Annotated[Path, typer.Argument(help="A list, of any kind that can be enriched.")]) -> None:
    """Show which product the first rows of a list would be offered, and why."""
    from libs.cli.catalogue import try_file
    from libs.cli.waiting import run

    run(try_file(file))


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Start over: remove this checkout's database, queues, files and logs."""
    from libs.cli.reset import reset as work

    work(yes=yes)


@app.command("backup")
def back_up(file: Annotated[Path, typer.Argument(help="A new file; it holds all keys, so keep it safe.")]) -> None:
    """Write everything there is (databases, stored files, keys) into one file, while Corofy runs or not."""
    from libs.cli.backups.backup import backup as work
    from libs.cli.waiting import run

    run(work(file))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `corofy backup` has written.")],
    replace: Annotated[bool, typer.Option("--replace", help="Keep aside what is there.")] = False,
) -> None:
    """Bring back what a backup holds. Nothing is sent or bought again until somebody says so."""
    from libs.cli.backups.restore import restore as work
    from libs.cli.waiting import run

    run(work(file, replace=replace))


@app.command("mcp")
def assist() -> None:
    """Let an assistant work with a workspace over stdin and stdout (MCP), by the API key in COROFY_API_KEY."""
    from libs.cli.assist import assist as work
    from libs.cli.waiting import run

    run(work())


@app.command()
def migrate() -> None:
    """Bring every service's schema to the newest version."""
    from libs.cli.migrate import migrate as work
    from libs.cli.waiting import run

    run(work())


@app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_tests(
    context: typer.Context,
    long: Annotated[bool, typer.Option("--long", help="With the campaigns at full size.")] = False,
) -> None:
    """Run the tests: all, or those of the given paths. Further options go to pytest."""
    from libs.cli.testing import test as work

    raise typer.Exit(work(list(context.args), long=long))


@app.command()
def check() -> None:
    """The fast gate: format, lint, types, import contracts, generated files, unit tests."""
    from libs.cli.check import check as work

    raise typer.Exit(work())


@web.command("build")
def web_build() -> None:
    """Make the web app where it is out of date; `up` and `demo` do this by themselves."""
    from libs.cli.waiting import run
    from libs.cli.web import build as work

    run(work())


@web.command("check")
def web_check() -> None:
    """Lint, types, format, unit tests, and how much a page loads before it can be used."""
    from libs.cli.waiting import run
    from libs.cli.web import check as work

    raise typer.Exit(run(work()))


@web.command("dev")
def web_dev(port: Annotated[int, typer.Option(help="Where to listen.")] = 3000) -> None:
    """The development server, in front of the running Corofy."""
    from libs.cli.waiting import run
    from libs.cli.web import dev as work

    raise typer.Exit(run(work(port)))


@web.command("screenshots")
def web_screenshots(
    pages: Annotated[
        list[str] | None, typer.Argument(help="Only these, by their pictures' names, such as job.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where to put them; docs/screenshots when left out.")] = None,
) -> None:
    """Photograph every page, light and dark, wide and narrow, in a system of its own with a workspace made for it."""
    from libs.cli.screenshots.command import PICTURES
    from libs.cli.screenshots.command import screenshots as work
    from libs.cli.waiting import run

    run(work(pages or [], folder or PICTURES))


@web.command("npm", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def web_npm(context: typer.Context) -> None:
    """npm in the web app's folder, with the project's own Node."""
    from libs.cli.web import npm as work

    raise typer.Exit(work(list(context.args)))


@app.command("eval")
def judge(
    real: Annotated[
        bool, typer.Option("--real", help="Ask Groq itself (GROQ_API_KEY), not the sandbox's model.")
    ] = False,
    case: Annotated[str, typer.Option(help="Only the cases whose name begins so.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per case, and one for each set.")] = False,
    write_docs: Annotated[bool, typer.Option("--write-docs", help="Write the table of results into the docs.")] = False,
) -> None:
    """Judge the prompts by rows, pages and orders of strangers whose outcome is known."""
    from libs.cli.judge import judge as work

    raise typer.Exit(work(real=real, case=case, as_json=as_json, write_docs=write_docs))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="Which one; a list of them when left out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per figure.")] = False,
) -> None:
    """Run a benchmark side by side with its reference."""
    from libs.cli.bench import bench as work

    raise typer.Exit(work(name, as_json=as_json))
