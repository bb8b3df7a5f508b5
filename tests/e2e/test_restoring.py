"""The machine is lost in the middle of a job and of a campaign, some time after a backup: nothing is charged or sent again."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local.services import SERVICES
from deploy.local.stack import LocalStack
from tests.e2e.test_faults import begin, leads
from tests.support.hours import ANY_HOUR
from tests.support.journey import Json, User, grant, sign_up
from tests.support.operations import dead_letters_of
from tests.support.outside import outside_world
from tests.support.waiting import eventually
from tests.support.whole_system import OPERATOR
from tests.support.world import World

ROOT = Path(__file__).resolve().parents[2]
WHO = {"email": "ann@restored.example", "password": "what Ann alone knows"}
READERS, ROWS = 40, 700


@contextmanager
def folder_of_servers() -> Generator[Path]:
    """Their unprivileged user may enter it."""
    with tempfile.TemporaryDirectory(prefix="corofy-restore-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@dataclass
class Site:
    """Where one installation lies, and what it is configured with."""

    folder: Path
    env: dict[str, str]

    async def corofy(self, *words: str) -> str:
        """Run `./corofy …` on it; what it said. It has to succeed."""
        outer = {k: v for k, v in os.environ.items() if not k.startswith(("TEST_", "PYTEST_", "COROFY_"))}
        process = await asyncio.create_subprocess_exec(
            ROOT / "corofy",
            *words,
            env={**outer, **self.env, "COROFY_STATE_DIR": str(self.folder), "COLUMNS": "160"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == 0, said.decode()
        return said.decode()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[LocalStack]:
        async with LocalStack(self.folder, services=SERVICES, fsync=False, env=self.env) as stack:
            yield stack


async def signed_in(gateway: str) -> User:
    """Ann, with the password she has chosen at first."""
    client = httpx.AsyncClient(base_url=gateway, timeout=30, trust_env=False)
    session = await client.post("/auth/v1/token", params={"grant_type": "password"}, json=WHO)
    client.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['access_token']}"
    return User(client, (await client.get("/v1/me")).raise_for_status().json()["workspace_id"])


async def newcomer(gateway: str) -> User:
    """Ann signs up and is given 1,000 credits."""
    async with httpx.AsyncClient(base_url=gateway, timeout=30, trust_env=False) as operator:
        await sign_up(operator, OPERATOR, password="a password for the operator", workspace="Operations")
        client = httpx.AsyncClient(base_url=gateway, timeout=30, trust_env=False)
        me = await sign_up(client, WHO["email"], password=WHO["password"], workspace="Ann's")
        user = User(client, me["workspace_id"])
        await grant(user, operator, 1000)
    return user


async def campaign_of(user: User, world: World) -> str:
    """A campaign to forty readers that is on its way: some mails have left, most have not."""
    done = await user.enrich("readers.csv", leads(READERS))
    assert done["state"] == "completed", done

    async def list_is_ready() -> bool:
        answer = await user.send("GET", f"/v1/lists/{done['list_id']}")
        return answer.is_success and answer.json()["state"] == "ready"

    await eventually(list_is_ready, every_s=0.1)
    await world.dial(smtp={"latency_ms": 5000})
    campaign = await user.ask("POST", "/v1/campaigns", json={"list_id": done["list_id"], "window": ANY_HOUR})
    await user.ask("POST", f"/v1/campaigns/{campaign['id']}/start")
    await eventually(lambda: arrived(world, at_least=4), every_s=0.05)
    return campaign["id"]


async def received(world: World) -> Counter[str]:
    return Counter(mail["envelope_to"][0] for mail in await world.mails() if "@company" in mail["envelope_to"][0])


async def arrived(world: World, *, at_least: int) -> bool:
    return (await received(world)).total() >= at_least


async def has_done_more(user: User, job_id: str, rows: int) -> bool:
    return (await user.job(job_id))["rows_done"] > rows


async def emails_of(user: User, campaign_id: str) -> list[Json]:
    return (await user.ask("GET", "/v1/emails", params={"campaign_id": campaign_id, "limit": 100}))["items"]


async def sealed_mailbox(user: User) -> str:
    """A mailbox with a key that was sealed for it."""
    wish = {"provider": "sendgrid", "address": "sales@ann.example", "name": "Sales", "api_key": "SG.of-the-sandbox"}
    return (await user.ask("POST", "/v1/mailboxes", json=wish, headers={"Idempotency-Key": "sales"}))["id"]


async def lose_everything(stack: LocalStack) -> None:
    """The power fails, and the disk with it."""
    assert stack.postgres is not None
    assert stack.rabbitmq is not None
    processes = [*stack.processes.values(), stack.postgres.process, stack.rabbitmq.process]
    await asyncio.gather(*(process.kill() for process in processes))


@pytest.mark.timeout(300)
async def test_what_is_restored_half_way_through_charges_and_sends_nothing_again() -> None:
    """Red when a restored outbox is not published again (the job never ends), when campaigns go on by themselves, or when
    what may have left since the backup counts as planned (somebody is written to twice)."""
    with folder_of_servers() as folder:
        async with outside_world(folder / "world") as (world, places):
            env = {**places, "ADMIN_EMAILS": OPERATOR, "ENV": "test", "PLAN_LIMITS": "off", "TRIAL_CREDITS": "0"}
            env["SENDGRID_BASE_URL"] = f"{places['SANDBOX_URL']}/sendgrid"
            first, file = Site(folder / "first", env), folder / "all.corofy"
            async with first.running() as stack:
                user = await newcomer(stack.url("gateway"))
                key = await user.ask("POST", "/v1/api-keys", json={"name": "Mine", "scopes": ["read"]})
                campaign_id = await campaign_of(user, world)
                # After the campaign, which would leave through it.
                mailbox_id = await sealed_mailbox(user)
                job_id = await begin(user, world, rows=ROWS)
                # So that the backup is made long before the end.
                await world.dial(groq={"latency_ms": 20_000})
                await first.corofy("backup", str(file))
                seen, rows = (await received(world)).total(), (await user.job(job_id))["rows_done"]
                assert rows < ROWS, "too late for a backup in the middle of the job"
                assert seen <= READERS // 2, "too late for a backup in the middle of the campaign"
                await world.dial(groq={"latency_ms": 50})
                await eventually(lambda: arrived(world, at_least=seen + 4), every_s=0.05)
                await eventually(lambda: has_done_more(user, job_id, rows), every_s=0.1)
                await user.client.aclose()
                await lose_everything(stack)
            shutil.rmtree(first.folder)
            assert file.stat().st_mode & 0o777 == 0o600
            await world.dial(smtp={"latency_ms": 0})
            second = Site(folder / "second", env)
            said = await second.corofy("restore", str(file))
            assert "1 campaigns are paused" in said
            async with second.running() as stack:
                user = await signed_in(stack.url("gateway"))
                await check_keys(stack, str(key["key"]), user=user, mailbox_id=mailbox_id)
                await check_campaign(user, world, campaign_id)
                job = await user.finish(job_id)
                await check_job(stack, user, job)
                await user.client.aclose()


async def check_keys(stack: LocalStack, key: str, *, user: User, mailbox_id: str) -> None:
    """The API key opens the door, and the mailbox's sealed key signs in where it did."""
    async with httpx.AsyncClient(base_url=stack.url("gateway"), timeout=30, trust_env=False) as client:
        assert (await client.get("/v1/jobs", headers={"Authorization": f"Bearer {key}"})).status_code == 200
    tried = await user.ask("POST", f"/v1/mailboxes/{mailbox_id}/test", json={"to": "me@ann.example"})
    assert tried["ended_at"] == "sent", tried


async def check_campaign(user: User, world: World, campaign_id: str) -> None:
    """It waits and says why. Who may have been written to is unknown until Ann has looked at what left; then everybody has
    one mail."""
    campaign = await user.ask("GET", f"/v1/campaigns/{campaign_id}")
    assert campaign["state"] == "paused"
    assert "restored from a backup" in campaign["paused_reason"]
    before = await received(world)
    assert 8 <= before.total() < READERS
    await user.ask("POST", f"/v1/campaigns/{campaign_id}/start")

    async def at_rest() -> bool:
        states = Counter(email["state"] for email in await emails_of(user, campaign_id))
        return set(states) <= {"sent", "unknown"}

    await eventually(at_rest, every_s=0.2)
    assert max((await received(world)).values()) == 1
    for email in await emails_of(user, campaign_id):
        if email["state"] == "unknown":
            outcome = "sent" if before[email["email"]] else "send_again"
            await user.ask("POST", f"/v1/emails/{email['id']}/resolve", json={"outcome": outcome})
    await eventually(lambda: arrived(world, at_least=READERS), every_s=0.2)
    await eventually(at_rest, every_s=0.2)
    assert await received(world) == Counter({f"ada{n}@company{n % 40}.example": 1 for n in range(READERS)})


async def check_job(stack: LocalStack, user: User, job: Json) -> None:
    """Every row once and charged once; the account adds up."""
    assert job["state"] == "completed", job
    sheet = await user.workbook(job["id"])
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [f"Ada{n}" for n in range(ROWS)]
    jobs = [await user.job(one["id"]) for one in (await user.ask("GET", "/v1/jobs"))["items"]]
    balance = await user.closed_balance()
    assert balance["spent"] == sum(one["credits_total"] for one in jobs)
    assert balance["available"] == 1000 - balance["spent"]
    for service in SERVICES:
        assert await dead_letters_of(stack, service) == [], service
    assert (await user.ask("GET", "/v1/credits/proof"))["holds"] is True
