"""Customers of a running system: each with a workspace of their own and credits enough, and what they do with a list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from deploy.local.stack import LocalStack
from libs.cli.api import Api
from libs.cli.waiting import until
from libs.client.errors import ApiError
from libs.client.generated import models

_UNDER_WAY = {"reserving", "queued", "processing", "merging"}


def addresses(count: int) -> list[str]:
    """Whose addresses they are; as ADMIN_EMAILS they may grant themselves credits."""
    return [f"tenant-{nth}@bench.example" for nth in range(count)]


@asynccontextmanager
async def customer(stack: LocalStack, email: str, *, grant: int) -> AsyncGenerator[Api]:
    """Somebody signed in, with an account and credits in it. The address must be one of the stack's ADMIN_EMAILS."""
    async with Api(stack.url("gateway")) as api:
        await api.sign_in_or_up(email, stack.secrets["DEMO_PASSWORD"], workspace="Benchmark")
        body = models.GrantBody(credits=grant, reason="Benchmark")

        async def granted() -> models.GrantAnswer | None:
            try:
                return await api.grant_credits(body, idempotency_key="benchmark")
            except ApiError as refusal:
                if refusal.code == "account_not_found":
                    return None
                raise

        await until(granted, what="Opening the account", seconds=30)
        yield api


async def completed(api: Api, job_id: UUID, *, seconds: float, every: float = 1) -> models.JobOut:
    """The job when it is completed. Raises RuntimeError when it ends otherwise or stands still."""

    async def ended() -> models.JobOut | None:
        now = await api.show_job(job_id)
        return None if now.state in _UNDER_WAY else now

    final = await until(ended, what="The end of the job", seconds=seconds, every=every)
    if final.state != "completed":
        raise RuntimeError(f"the job did not complete: {final}")
    return final


async def enrich(api: Api, file: Path, *, key: str, seconds: float) -> models.JobOut:
    """Upload, job, completion."""
    upload = await api.upload(file)
    job = await api.start_job(models.JobIn(upload_id=upload.id), idempotency_key=key)
    return await completed(api, job.id, seconds=seconds)
