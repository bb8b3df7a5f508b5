"""The photographed workspace's research: a job that is done, one that waits for somebody, a file that nobody has ordered yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.local.state import CHECKOUT
from libs.cli.api import Api
from libs.cli.waiting import until
from libs.client.generated import models

_SAMPLES = CHECKOUT / "samples"
_LEADS, _COMPANIES = _SAMPLES / "leads.csv", _SAMPLES / "sp500-companies.csv"
_PATIENCE_S = 120
_STANDING = ("parked", "completed", "failed", "cancelled", "declined")
_SITES = {"name": "Sites", "description": "how many production sites the company has", "kind": "number"}
_LINE = "Ingrid, your second blending line caught my eye: do the drums still come back by boat?"


async def research(owner: Api, folder: Path) -> dict[str, str]:
    """What was made, by name: `job`, `job_list`, `waiting`, `upload`, `sourcing`."""
    job = await _done(owner)
    waiting = await _waiting(owner)
    return {
        "job": str(job.id),
        "job_list": str(job.list_id),
        "waiting": str(waiting.id),
        "sourcing": str(await _bought(owner)),
        "upload": str((await _upload(owner, _first_of(_LEADS, 24, folder / "workboat-fair.csv"))).id),
    }


async def _done(owner: Api) -> models.JobOut:
    """Every row researched, one line reworded and approved, the flat sheet written."""
    upload = await _upload(owner, _LEADS)
    job = await _stands(owner, await owner.start_job({"upload_id": upload.id, "extra_columns": [_SITES]}))
    row = await owner.one_row_job(job.id, 1)
    await owner.change_job_row_line(job.id, 1, {"revision": row.revision, "line": _LINE, "approved": True})
    await owner.ask_for_export_job(job.id, {"format": "xlsx", "flat": True})
    return job


async def _waiting(owner: Api) -> models.JobOut:
    """At its ceiling, which only a person raises."""
    upload = await _upload(owner, _COMPANIES)
    order: dict[str, Any] = {"upload_id": upload.id, "first_rows": 120, "ceiling_credits": 45}
    return await _stands(owner, await owner.start_job(order))


async def _bought(owner: Api) -> UUID:
    filters = {"titles": ["Head of purchasing", "Procurement manager"], "organization_locations": ["Germany", "Norway"]}
    made = await owner.start_sourcing({"filters": filters, "count": 12, "name": "Purchasing, Germany and Norway"})

    async def ended() -> bool | None:
        return True if (await owner.show_sourcing(made.id)).state not in {"accepted", "running"} else None

    await until(ended, what="The leads that are bought", seconds=_PATIENCE_S)
    return made.id


async def _upload(owner: Api, file: Path) -> models.UploadOut:
    return await owner.checked(await owner.upload(file))


async def _stands(owner: Api, job: models.JobOut) -> models.JobOut:
    async def standing() -> models.JobOut | None:
        now = await owner.show_job(job.id)
        return now if now.state in _STANDING else None

    return await until(standing, what=f"Research of {job.filename}", seconds=_PATIENCE_S)


def _first_of(sheet: Path, rows: int, target: Path) -> Path:
    """A file of its own name with the first rows of another."""
    lines = sheet.read_text("utf-8").splitlines(keepends=True)
    target.write_text("".join(lines[: rows + 1]), "utf-8")
    return target
