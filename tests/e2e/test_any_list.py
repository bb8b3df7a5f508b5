"""A list as people really have it, from the first byte to the last trace: every step a user takes, in their order."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import openpyxl

from deploy.local.stack import LocalStack
from tests.support.hours import ANY_HOUR
from tests.support.journey import Json, User
from tests.support.waiting import eventually
from tests.support.world import World
from tests.unit.ingest.reading.open_document import cell, ods, row

HEADER = ["Kd-Nr", "Vorname", "Nachname", "E-Mail", "Firma", "Webseite", "PLZ", "Konto", "Notiz"]
PEOPLE = [
    ["0007", "Ingrid", "Solheim", "ingrid.solheim@haldenlube.example", "Halden Lubricants", "haldenlube.example"],
    ["0008", "Thomas", "Müller", "thomas.muller@petrava.example", "Petrava Schmierstoffe", "petrava.example"],
    ["0009", "Giulia", "Ferraro", "giulia.ferraro@oliobrenta.example", "Olio Brenta", "oliobrenta.example"],
    ["0010", "Priya", "Nair", "priya.nair@gulfmarkgreases.example", "Gulfmark Greases", "gulfmarkgreases.example"],
    ["0011", "Ada", "Weiß", "ada.weiss@halden-bau.example", "Halden Bau", "halden-bau.example"],
    ["0012", "Bea", "Krüger", "kein At-Zeichen", "Krüger Öle", "krueger-oele.example"],
    ["0013", "Cem", "Yil", "cem.yil@yilpump.example", "Yil Pump", "yilpump.example"],
    ["0014", "Ingrid", "Solheim", "ingrid.solheim@haldenlube.example", "Halden Lubricants", "haldenlube.example"],
    ["0015", "Dora", "Niemand", "", "", ""],
    ["0016", "Emil", "Später", "emil@spaeter.example", "Später GmbH", "spaeter.example"],
]
TABLE = [[*person, f"010{n:02}", f"1234567890123456{n}", "=1+1"] for n, person in enumerate(PEOPLE)]
EXTRA = {"name": "Sites", "description": "number of sites", "kind": "number"}
SECOND_OF_DUPLICATE, WITHOUT_COMPANY, NOT_ORDERED = 8, 9, 10


def as_file() -> bytes:
    """Windows-1252, semicolons, CRLF, and a title above the header."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([["Kundenliste Südwest, Stand März 2026"], [], HEADER, *TABLE])
    return out.getvalue().encode("cp1252")


async def broken_off(data: bytes) -> AsyncIterator[bytes]:
    """A piece whose sender goes away in the middle."""
    yield data
    raise ConnectionError


async def send_in_pieces(user: User, name: str, content: bytes) -> str:
    """By tus, as its clients do: the first piece is broken off, the rest goes on where the server says. Answers the id."""
    tus = {"Tus-Resumable": "1.0.0"}
    piece = tus | {"Content-Type": "application/offset+octet-stream"}
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    begun = await user.send(
        "POST", "/v1/uploads/resumable", headers=tus | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    )
    assert begun.status_code == 201, begun.text
    place = begun.headers["location"]
    headers = piece | {"Upload-Offset": "0", "Content-Length": str(len(content))}
    try:
        await user.client.patch(place, headers=headers, content=broken_off(content[:300]))
    except ConnectionError:
        pass
    else:
        raise AssertionError("the piece was to be broken off")

    async def ended() -> bool:
        """As clients do: ask where it stands, and go on there, until nobody has been quicker."""
        head = await user.send("HEAD", place, headers=tus)
        offset = head.headers["upload-offset"]
        rest = content[int(offset) :]
        checksum = f"sha256 {base64.b64encode(hashlib.sha256(rest).digest()).decode()}"
        more = piece | {"Upload-Offset": offset, "Upload-Checksum": checksum}
        answer = await user.send("PATCH", place, headers=more, content=rest)
        assert answer.status_code in {204, 409, 423}, answer.text
        return answer.status_code == 204 and answer.headers["upload-offset"] == str(len(content))

    await eventually(ended)
    return place.rsplit("/", 1)[1]


async def read_upload(user: User, upload_id: str, *, checked: bool = False) -> Json:
    """The upload once it has been read; `checked`: and its rows under the present mapping too."""
    upload: Json = {}

    async def done() -> bool:
        upload.update(await user.ask("GET", f"/v1/uploads/{upload_id}", params={"wait_seconds": 2}))
        return upload["state"] != "reading" and (not checked or upload["check"] not in {None, "running"})

    await eventually(done)
    assert upload["state"] == "ready", upload
    return upload


async def job_in(user: User, job_id: str, state: str) -> Json:
    """The job once it is in a state."""
    job: Json = {}

    async def arrived() -> bool:
        job.update(await user.job(job_id))
        return job["state"] == state

    await eventually(arrived, every_s=0.05)
    return job


async def statuses_of(user: User, job_id: str) -> dict[int, str]:
    page = await user.ask("GET", f"/v1/jobs/{job_id}/rows")
    return {row["row_no"]: row["status"] for row in page["items"]}


async def csv_of(user: User, job_id: str) -> list[list[str]]:
    answer = await user.send("GET", f"/v1/jobs/{job_id}/download", params={"format": "csv"})
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def workbook_of(user: User, job_id: str) -> openpyxl.Workbook:
    answer = await user.send("GET", f"/v1/jobs/{job_id}/download")
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def grid(book: openpyxl.Workbook, name: str) -> list[list[Any]]:
    return [list(cells) for cells in book[name].iter_rows(values_only=True)]


async def test_a_list_goes_all_the_way_and_leaves_nothing_behind(stack: LocalStack, user: User, world: World) -> None:
    """Red when any step that a user takes with a list of their own does not lead to the next one."""
    upload = await prepared(user)
    trial = await tried(user, upload["id"])
    job = await worked(user, world, upload["id"])
    await check_sheets(user, job, charged=3)
    job = await retried(user, world, job)
    charged = job["overlay"]["rows_enriched"] - job["rows_free"]
    assert charged > 3, job
    await check_sheets(user, job, charged=charged)
    link = await exported_flat(user, stack, job["id"])

    balance = await user.closed_balance()
    assert (balance["available"], balance["spent"]) == (1000 - charged, charged)
    assert (await user.ask("GET", "/v1/credits/proof"))["holds"] is True

    assert all(files_of(stack, one["id"]) for one in (job, upload))
    assert (await user.send("DELETE", f"/v1/jobs/{job['id']}")).status_code == 204
    for one in (job, trial):
        assert (await user.send("GET", f"/v1/jobs/{one['id']}")).status_code == 404, one["kind"]

    async def upload_gone() -> bool:
        return (await user.send("GET", f"/v1/uploads/{upload['id']}")).status_code == 404

    await eventually(upload_gone, every_s=0.2)
    await eventually(lambda: not files_of(stack, job["id"], upload["id"]))
    assert (await user.send("GET", link)).json()["code"] == "file_gone"


async def prepared(user: User) -> Json:
    """Sent, looked at, read otherwise and back, mapped, checked."""
    upload_id = await send_in_pieces(user, "Kundenliste.csv", as_file())
    seen = await user.ask("GET", f"/v1/uploads/{upload_id}", params={"wait_seconds": 10, "wait_for": "preview"})
    assert (seen["encoding"], seen["delimiter"], seen["header_row"]) == ("cp1252", ";", 3)
    upload = await read_upload(user, upload_id)
    assert ([column["name"] for column in upload["columns"]], upload["row_count"]) == (HEADER, len(TABLE))
    assert upload["sample"][1][2] == "Müller"

    await user.ask("PUT", f"/v1/uploads/{upload_id}/reading", json={"encoding": "cp437"})
    assert (await read_upload(user, upload_id))["sample"][1][2] != "Müller"
    await user.ask("PUT", f"/v1/uploads/{upload_id}/reading", json={"encoding": "windows-1252"})
    upload = await read_upload(user, upload_id)
    assert (upload["sample"][1][2], upload["options"]["encoding"]) == ("Müller", "cp1252")

    mapping = {"first_name": 1, "last_name": 2, "email": 3, "company": 4, "website": 5}
    await user.ask("PUT", f"/v1/uploads/{upload_id}/mapping", json={"mapping": mapping})
    upload = await read_upload(user, upload_id, checked=True)
    assert upload["check"] == "done"
    counts = {finding["code"]: finding["count"] for finding in upload["findings"]}
    assert {code: counts.get(code) for code in ("bad_email", "duplicate", "missing_company")} == {
        "bad_email": 1,
        "duplicate": 1,
        "missing_company": 1,
    }
    told = await user.send("GET", f"/v1/uploads/{upload_id}/problems.csv")
    lines = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"), newline="")))
    assert ["9", "E-Mail", "kein At-Zeichen", "bad_email"] in [line[:4] for line in lines]

    again = await user.upload("next month.csv", as_file())
    assert again["mapping"] == mapping
    assert set(again["suggested_by"].values()) == {"memory"}
    assert (await user.send("DELETE", f"/v1/uploads/{again['id']}")).status_code == 204
    return upload


async def tried(user: User, upload_id: str) -> Json:
    """Quoted, and two rows tried for nothing."""
    body = {"rows": [1, 2], "extra_columns": [EXTRA]}
    trial = await user.finish((await user.ask("POST", f"/v1/uploads/{upload_id}/trials", json=body))["id"])
    assert (trial["state"], trial["kind"], trial["credits_total"]) == ("completed", "trial", 0)
    assert await statuses_of(user, trial["id"]) == {1: "enriched", 2: "enriched"}
    quote = await user.ask("POST", "/v1/quotes", json={"upload_id": upload_id, "first_rows": 9})
    assert (quote["rows"], quote["rows_selected"], quote["rows_duplicate"], quote["findings"]) == (10, 9, 1, "done")
    assert quote["credits"] == 8 - quote["rows_tried"]
    return trial


async def worked(user: User, world: World, upload_id: str) -> Json:
    """Ordered with a ceiling of three credits, parked at it, let on while the model answers nonsense, paused, resumed, ended."""
    job = await user.start_job(upload_id, first_rows=9, ceiling_credits=3, extra_columns=[EXTRA])
    job = await job_in(user, job["id"], "parked")
    assert (job["reason"], job["rows_free"], job["credits_total"]) == ("ceiling", 2, 3)
    assert job["waiting"]["reason"] == "ceiling"
    await world.dial(groq={"garbage": "wrong_schema"})
    raised = await user.ask("PATCH", f"/v1/jobs/{job['id']}", json={"ceiling_credits": 50})
    assert raised["ceiling_credits"] == 50
    assert (await user.ask("POST", f"/v1/jobs/{job['id']}/pause"))["state"] == "paused"
    assert (await user.ask("POST", f"/v1/jobs/{job['id']}/resume"))["state"] in {"queued", "processing"}
    job = await user.finish(job["id"])
    assert (job["state"], job["credits_total"], job["rows_total"]) == ("completed", 3, 9), job
    log = await user.ask("GET", f"/v1/jobs/{job['id']}/log")
    assert {"parked", "paused", "completed"} <= {entry["state"] for entry in log["items"]}
    return job


async def retried(user: User, world: World, job: Json) -> Json:
    """What went wrong once more; answers the list with it laid over."""
    failed = sorted(no for no, status in (await statuses_of(user, job["id"])).items() if status == "degraded")
    assert failed == [6, 7, 9][: len(failed)], failed
    await world.dial(groq={"garbage": ""})
    retry = await user.ask("POST", f"/v1/jobs/{job['id']}/retry", json={})
    retry = await user.finish(retry["id"])
    assert (retry["state"], retry["kind"], retry["root_id"]) == ("completed", "retry", job["id"])
    return await user.job(job["id"])


async def check_sheets(user: User, job: Json, *, charged: int) -> None:
    """Order, types and text as they were, each row's outcome, the reasons, and the sum."""
    book = await workbook_of(user, job["id"])
    rows, text = grid(book, book.sheetnames[0]), await csv_of(user, job["id"])
    width = len(HEADER)
    added = ["sif_research", "sif_personalized", "Sites"]
    assert [line[:width] for line in (rows[0], text[0])] == [HEADER, HEADER]
    assert set(rows[0][width:]) == set(text[0][width:]) == set(added)
    expected = [[value or None for value in line] for line in TABLE]
    assert [line[:width] for line in rows[1:]] == expected
    assert [line[: width - 1] for line in text[1:]] == [line[:-1] for line in TABLE]
    assert {line[width - 1] for line in text[1:]} == {"'=1+1"}
    line_at = rows[0].index("sif_personalized")
    assert {no for no, line in enumerate(rows[1:], start=1) if not line[line_at]} >= {SECOND_OF_DUPLICATE, NOT_ORDERED}
    summary = {line[0]: line[1] for line in grid(book, "Summary")}
    assert (summary["Rows"], summary["Credits charged"]) == (len(TABLE), charged), summary
    assert summary["Job"] == job["id"], "a sheet is the list's, also when a retry was laid over it"
    assert "andboxed" in summary["Real or sandboxed"]


async def exported_flat(user: User, stack: LocalStack, job_id: str) -> str:
    """A flat sheet on demand, by a link that asks for no token, in parts. Answers the link."""
    export = await user.ask("POST", f"/v1/jobs/{job_id}/exports", json={"format": "csv", "flat": True})

    async def ready() -> bool:
        export.update(await user.ask("GET", f"/v1/exports/{export['id']}"))
        return export["state"] != "writing"

    await eventually(ready)
    assert export["state"] == "ready", export
    async with httpx.AsyncClient(base_url=stack.url("gateway"), trust_env=False) as anybody:
        whole = await anybody.get(export["download_url"])
        part = await anybody.get(export["download_url"], headers={"Range": "bytes=10-19"})
    header = next(csv.reader(io.StringIO(whole.content.decode("utf-8-sig"), newline="")))
    assert len(header) > len(HEADER) + 3, header
    assert (whole.status_code, part.status_code, part.content) == (200, 206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    return export["download_url"]


def files_of(stack: LocalStack, *ids: str) -> list[Path]:
    """What storage holds of an upload or a job, by id."""
    files = [path for path in Path(stack.state.storage).rglob("*") if path.is_file()]
    return [path for path in files if any(id_ in str(path) for id_ in ids)]


async def test_the_sheet_of_a_workbook_is_chosen_by_the_user(user: User) -> None:
    """Red when another sheet than the chosen one is worked on, or the sheets to choose from are not told."""
    cover = [row(cell("Messe 2026")), row(cell("Stand A")), row(cell("Halle 3"))]
    people = [row(*map(cell, HEADER)), *(row(*(cell(value or None) for value in line)) for line in TABLE[:2])]
    upload = await user.upload("messe.ods", ods({"Deckblatt": cover, "Leute": people}))
    assert [sheet["name"] for sheet in upload["sheets"]] == ["Deckblatt", "Leute"]
    await user.ask("PUT", f"/v1/uploads/{upload['id']}/reading", json={"sheet": "Leute"})
    upload = await read_upload(user, upload["id"])
    assert (upload["sheet"], upload["row_count"]) == ("Leute", 2)
    job = await user.finish((await user.start_job(upload["id"]))["id"])
    assert (job["state"], job["rows_enriched"]) == ("completed", 2), job
    assert [line[: len(HEADER) - 1] for line in await csv_of(user, job["id"])] == [
        HEADER[:-1],
        *(t[:-1] for t in TABLE[:2]),
    ]


async def test_leads_are_looked_at_bought_researched_and_written_to_in_the_sandbox(user: User, world: World) -> None:
    """Red when a search does not become a list, costs more than its leads, or its made-up people could be written to."""
    filters = {"seniorities": ["head", "director"]}
    await world.dial(apollo={"no_api_access": True})
    refused = await user.send("POST", "/v1/sourcings/preview", json={"filters": filters})
    assert (refused.status_code, refused.json()["code"]) == (403, "apollo_no_api_access")
    assert refused.json()["detail"].startswith("Apollo says: ")
    await world.dial(apollo={"no_api_access": False})
    found = await user.ask("POST", "/v1/sourcings/preview", json={"filters": filters})
    assert found["total"] > len(found["people"]) == 25

    body = {"filters": filters, "count": 12, "name": "Heads and directors"}
    sourcing = await user.ask("POST", "/v1/sourcings", json=body, headers={"Idempotency-Key": str(uuid4())})

    async def completed() -> bool:
        sourcing.update(await user.ask("GET", f"/v1/sourcings/{sourcing['id']}"))
        return sourcing["state"] == "completed"

    await eventually(completed)
    assert (sourcing["people"], sourcing["credits_total"], sourcing["sandboxed"]) == (12, sourcing["leads"], True)
    upload = await read_upload(user, sourcing["upload_id"])
    assert (upload["row_count"], upload["source"], upload["sandboxed"]) == (sourcing["leads"], "apollo", True)
    assert {"email", "first_name", "last_name", "company", "website", "title"} <= set(upload["mapping"])
    job = await user.finish((await user.start_job(upload["id"]))["id"])
    assert (job["state"], job["rows_total"], job["sandboxed"]) == ("completed", sourcing["leads"], True)
    balance = await user.closed_balance()
    assert balance["spent"] == sourcing["credits_total"] + job["credits_total"]
    assert (await user.ask("GET", "/v1/credits/proof"))["holds"] is True

    async def list_is_ready() -> bool:
        answer = await user.send("GET", f"/v1/lists/{job['list_id']}")
        return answer.is_success and answer.json()["state"] == "ready"

    await eventually(list_is_ready)
    campaign = await user.ask(
        "POST", "/v1/campaigns", json={"list_id": job["list_id"], "daily_quota": 2, "window": ANY_HOUR}
    )
    assert campaign["sandboxed"] is True
