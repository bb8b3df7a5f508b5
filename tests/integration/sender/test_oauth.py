"""Connecting with Google and Microsoft: the whole way over the sandbox's authorisation server and its mail door."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from deploy.sandbox.app import SandboxApp
from deploy.sandbox.smtp import listen
from deploy.sandbox.state import SandboxSettings
from libs.common.errors import AppError, Conflict, Invalid
from libs.common.repeats import AnsweredBefore, Once
from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.oauth import OAuth
from services.sender.domain.mailboxes.consent import EARLY
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.domain.mailboxes.presets import OAuthProvider
from services.sender.repositories import mailbox_secrets, mailboxes
from services.sender.schemas.mailboxes import MailboxOut
from services.sender.tables import oauth_consents
from services.sender.use_cases.ask_consent import ConsentWish, OAuthDesk, ask_consent
from services.sender.use_cases.open_mailbox import Opener
from services.sender.use_cases.take_consent import Return, take_consent
from services.sender.use_cases.try_mailbox import Trial, try_mailbox
from tests.integration.sender.office import REDIRECT, mailroom, oauth, view_of
from tests.integration.sender.world import World

SECRET = "0123456789abcdef" * 4


@dataclass
class Providers:
    """The sandbox as Google and Microsoft, with a person at the browser."""

    app: SandboxApp
    http: httpx.AsyncClient
    port: int
    asked: list[str] = field(default_factory=list[str])

    @property
    def desk(self) -> OAuthDesk:
        return OAuthDesk(self.oauth, mailroom().ring, SECRET)

    @property
    def oauth(self) -> OAuth:
        return oauth("http://sandbox", http=self.http)

    def opener(self, world: World) -> Opener:
        return Opener(world.open_uow, mailroom(sandbox_port=self.port), self.oauth)

    async def ask(self, world: World, wish: ConsentWish) -> str:
        async with world.open_uow() as uow:
            return await ask_consent(wish, uow=uow, workspace_id=world.workspace_id, desk=self.desk, now=world.now)

    async def allow(self, url: str, *, account: str = "") -> Return:
        """The person looks at the provider's page, follows Allow, and comes back with what they were given."""
        shown = await self.http.get(url)
        assert shown.status_code == 200, shown.text
        assert "Allow" in shown.text
        query = urlsplit(url).query + (f"&account={account}" if account else "")
        back = await self.http.get(url.replace("/authorize", "/allow").partition("?")[0] + "?" + query)
        assert back.status_code == 302
        where = urlsplit(back.headers["location"])
        assert f"{where.scheme}://{where.netloc}{where.path}" == REDIRECT
        brought = parse_qs(where.query)
        return Return(brought["state"][0], brought["code"][0])

    async def take(self, world: World, brought: Return, *, once: Once | None = None) -> MailboxView:
        return await take_consent(
            brought,
            open_uow=world.open_uow,
            workspace_id=world.workspace_id,
            desk=self.desk,
            mailroom=mailroom(sandbox_port=self.port),
            record=None if once is None else once.recording(MailboxOut.of),
        )

    async def connect(self, world: World, provider: OAuthProvider = "google") -> MailboxView:
        wish = ConsentWish(provider, f"ann.{uuid4().hex[:8]}@team.example", "Ann Team")
        return await self.take(world, await self.allow(await self.ask(world, wish)))

    async def trial(self, world: World, view: MailboxView) -> Trial:
        return await try_mailbox(view, self.opener(world), to="me@team.example", postal_address="1 St", now=world.now)


@pytest.fixture
async def providers() -> AsyncGenerator[Providers]:
    app = SandboxApp(SandboxSettings())
    server = await listen(app.box, host="127.0.0.1", port=0)
    assert app.box.smtp_port is not None
    made = Providers(app, httpx.AsyncClient(), app.box.smtp_port)

    async def note(request: httpx.Request) -> None:
        made.asked.append(request.url.path)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), event_hooks={"request": [note]}) as http:
        await made.http.aclose()
        made.http = http
        yield made
    server.close()
    await server.wait_closed()


async def set_clock_of_token(world: World, providers: Providers, view: MailboxView, *, left: timedelta) -> None:
    """As if the access token had so long to live."""
    from dataclasses import replace

    from services.sender.repositories.workspaces import database_now

    async with world.open_uow() as uow:
        sealed = await mailbox_secrets.load_sealed(uow.conn, view.id)
        assert sealed is not None
        ring = mailroom().ring
        until = (await database_now(uow.conn) + left).timestamp()
        await mailbox_secrets.seal(
            uow.conn, view.id, ring.seal(replace(ring.open(sealed, view.id), access_until=until), view.id)
        )


@pytest.mark.parametrize("provider", ["google", "microsoft"])
async def test_a_person_connects_and_mail_leaves_without_a_password(
    world: World, providers: Providers, provider: OAuthProvider
) -> None:
    """Red when any step of the flow, or XOAUTH2 at the mail door, differs from the wire format."""
    view = await providers.connect(world, provider)
    assert view.server is not None
    assert (view.server.signs_in_with, view.server.user, view.sandboxed) == (provider, view.address, True)
    assert (await providers.trial(world, view)).ended_at == "sent"
    (mail,) = providers.app.box.mailbox.list(to="me@team.example")[0]
    assert mail.envelope_from == view.address
    assert providers.asked.count(f"/oauth/{provider}/token") == 1, "the first token is used while it lives"


@pytest.mark.parametrize("provider", ["google", "microsoft"])
async def test_a_token_is_refreshed_before_it_ends_again_and_again(
    world: World, providers: Providers, provider: OAuthProvider
) -> None:
    """Red when an old token is used to its last second, or Microsoft's newer refresh token is not kept."""
    view = await providers.connect(world, provider)
    for times in (1, 2):
        await set_clock_of_token(world, providers, view, left=EARLY - timedelta(seconds=1))
        before = await view_of(world, view.id)
        assert (await providers.trial(world, view)).ended_at == "sent"
        assert providers.asked.count(f"/oauth/{provider}/token") == 1 + times
        assert (await view_of(world, view.id)).version == before.version, "open connections stay"


async def test_a_withdrawn_consent_is_for_the_person_to_mend(world: World, providers: Providers) -> None:
    """Red when a revoked consent is retried for ever, or connecting again does not help."""
    view = await providers.connect(world)
    await providers.http.post("http://sandbox/oauth/google/revoke", data={"account": view.address})
    assert (await providers.trial(world, view)).ended_at == "open", "the token is refused at the door"
    await set_clock_of_token(world, providers, view, left=timedelta())
    with pytest.raises(MailboxDown) as down:
        await providers.opener(world).access_token(view)
    assert down.value.pause == "consent_revoked"
    again = await providers.ask(world, ConsentWish("google", mailbox_id=view.id))
    anew = await providers.take(world, await providers.allow(again))
    assert anew.id == view.id
    assert (await providers.trial(world, anew)).ended_at == "sent"


async def test_what_was_brought_serves_once_and_only_who_asked(world: World, providers: Providers) -> None:
    """Red when a victim's consent ends up in an attacker's workspace, or a code is used twice."""
    stranger = await World(world.open_uow, now=world.now).open()
    brought = await providers.allow(await providers.ask(world, ConsentWish("google", "victim@team.example")))
    with pytest.raises(Conflict) as other:
        await providers.take(stranger, brought)
    await providers.take(world, brought)
    with pytest.raises(Conflict) as twice:
        await providers.take(world, brought)
    assert (other.value.code, twice.value.code) == ("consent_over", "consent_over")
    with pytest.raises(Invalid) as forged:
        await providers.take(world, Return(brought.state[:-2] + "AA", brought.code))
    assert forged.value.code == "state_invalid"


async def test_a_consent_that_is_too_old_is_over(world: World, providers: Providers) -> None:
    brought = await providers.allow(await providers.ask(world, ConsentWish("google", "late@team.example")))
    await world.run(oauth_consents.update().values(expires_at=sa.func.now() - timedelta(seconds=1)))
    with pytest.raises(Conflict) as over:
        await providers.take(world, brought)
    assert over.value.code == "consent_over"


async def test_somebody_elses_account_is_not_taken_for_the_one_asked(world: World, providers: Providers) -> None:
    """Red when mail would leave from another account than its From says."""
    url = await providers.ask(world, ConsentWish("google", "ann@team.example"))
    with pytest.raises(Conflict) as another:
        await providers.take(world, await providers.allow(url, account="bob@team.example"))
    assert another.value.code == "another_account"


async def test_a_code_without_its_verifier_is_worth_nothing(world: World, providers: Providers) -> None:
    """RFC 7636: red when the verifier is not sent, or the provider's refusal is not understood."""
    brought = await providers.allow(await providers.ask(world, ConsentWish("microsoft", "ann@team.example")))
    with pytest.raises(AppError) as refused:
        await providers.oauth.exchange("microsoft", code=brought.code, verifier="another one")
    assert refused.value.code == "consent_revoked"
    assert "AADSTS501481" in refused.value.message


async def test_secrets_of_consents_are_in_no_sentence(world: World, providers: Providers) -> None:
    """Red when a code, a token or the client's secret shows where people and logs look."""
    brought = await providers.allow(await providers.ask(world, ConsentWish("google", "ann@team.example")))
    assert brought.code not in repr(brought)
    app = providers.oauth.app_of("google")
    assert app.client_secret not in repr(app)
    async with world.open_uow() as uow:
        rows = (await uow.conn.execute(sa.select(oauth_consents))).all()
    assert all(UUID(str(row.id)) and len(bytes(row.verifier)) > 60 for row in rows)
    with pytest.raises(AppError) as away:
        await oauth("http://127.0.0.1:1").refresh("google", refresh_token="very-secret")
    assert "very-secret" not in away.value.message


async def test_who_finishes_again_under_the_same_key_gets_the_mailbox_that_was_made(
    world: World, providers: Providers
) -> None:
    """Red when whoever lost the answer is told that the consent is over, or another consent passes for it; and when the key is
    not written with the mailbox."""
    wish = ConsentWish("google", f"ann.{uuid4().hex[:8]}@team.example", "Ann Team")
    once = Once(world.workspace_id, "POST /v1/mailboxes/oauth/finish", "finish", b"one")
    view = await providers.take(world, await providers.allow(await providers.ask(world, wish)), once=once)
    with pytest.raises(AnsweredBefore) as before:
        await once.look(world.open_uow)
    assert before.value.answer.body["id"] == str(view.id)
    with pytest.raises(Conflict) as refused:
        await once.of(b"another").look(world.open_uow)
    assert refused.value.code == "idempotency_key_reused"
    other = ConsentWish("google", f"bea.{uuid4().hex[:8]}@team.example", "Bea Team")
    with pytest.raises(AnsweredBefore):
        await providers.take(world, await providers.allow(await providers.ask(world, other)), once=once)
    async with world.open_uow() as uow:
        found = await mailboxes.load_by_address(uow.conn, workspace_id=world.workspace_id, address=other.address)
    assert found is None
