"""Before Start: every row's mail is made and its problems named; templates have versions; lines are edited and approved."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from libs.common.errors import Conflict, Invalid, NotFound, PreconditionFailed
from services.sender.api.check_result import CheckResult
from services.sender.domain.templates import TemplateSource
from services.sender.domain.windows import ALWAYS
from services.sender.repositories import campaigns as campaigns_repository
from services.sender.repositories import sending_settings, templates
from services.sender.repositories.campaign_lines import Line, page_lines
from services.sender.repositories.campaigns import Campaign
from services.sender.tables import campaigns, recipients, workspaces
from services.sender.use_cases.check_campaign import RowProblem, check_rows, open_check
from services.sender.use_cases.create_campaign import NewCampaign, create_campaign
from services.sender.use_cases.edit_line import edit_line
from services.sender.use_cases.preview_mail import Preview, Subject, preview_mail
from services.sender.use_cases.save_template import change_template, create_template, delete_template
from services.sender.use_cases.send_emails import send_emails
from tests.integration.sender.outlook import causes, forecast
from tests.integration.sender.test_suppressions import send_all
from tests.integration.sender.world import WRITER, Post, World, recipient

FOOT = "\n{{ postal_address }} {{ unsubscribe_url }}"
PERSON = UUID(int=9)


async def check(world: World) -> tuple[int, list[RowProblem]]:
    """So many rows, and what is wrong with them."""
    async with world.open_uow() as uow:
        found = await open_check(
            uow, workspace_id=world.workspace_id, campaign_id=world.campaign_id, writer=WRITER, now=world.now
        )
    problems, rows = list[RowProblem](), 0
    async for page in check_rows(found, open_uow=world.open_uow):
        problems += page.problems
        rows = page.rows
    return rows, problems


async def test_a_check_says_who_rests_between_campaigns_and_the_calendar_waits_for_them(world: World) -> None:
    """Red when a person learns only after Start that the half of the list waits for days."""
    await world.running(leads=2)
    post = Post()
    await send_all(world, post)
    sent_at, pause = world.now, timedelta(days=3)
    world.later(hours=1)
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 5))))
    await world.run(campaigns.update().where(campaigns.c.id == world.campaign_id).values(subject="Another word"))
    async with world.open_uow() as uow:
        opened = await open_check(
            uow, workspace_id=world.workspace_id, campaign_id=world.campaign_id, writer=WRITER, now=world.now
        )
    result = CheckResult(opened.pause)
    async for page in check_rows(opened, open_uow=world.open_uow):
        result.add(page)
    told = result.told()
    assert (told.ready, told.problems) == (4, {})
    assert told.resting is not None
    assert (told.resting.leads, told.resting.pause_days) == (2, 3)
    assert (told.resting.first_until, told.resting.last_until) == (sent_at + pause, sent_at + pause)
    assert told.resting.sentence.startswith("2 of these people had a mail of another campaign of yours within 3 days")
    seen = await forecast(world, campaign_id=world.campaign_id)
    assert [sum(one.first_emails for one in day.campaigns) for day in seen.days] == [2, 0, 0, 2]
    await world.start()
    lead = {one.explanation.code: one for one in await causes(world)}
    assert (lead["between_campaigns"].leads, lead["between_campaigns"].explanation.next_at) == (2, sent_at + pause)
    await world.run(workspaces.update().where(workspaces.c.id == world.workspace_id).values(campaign_pause_days=0))
    assert {one.explanation.code: one.leads for one in await causes(world)} == {"waits_for_plan": 4}


async def campaign_of(world: World) -> Campaign:
    async with world.open_uow() as uow:
        found = await campaigns_repository.load_campaign(
            uow.conn, workspace_id=world.workspace_id, campaign_id=world.campaign_id
        )
    assert found is not None
    return found


async def lines(world: World, **wanted: Any) -> list[Line]:
    campaign = await campaign_of(world)
    async with world.open_uow() as uow:
        return await page_lines(uow.conn, campaign_id=campaign.id, list_id=campaign.list_id, limit=100, **wanted)


async def edit(world: World, lead_id: UUID, line: str | None, *, approved: bool = True) -> Line:
    async with world.open_uow() as uow:
        return await edit_line(
            uow,
            workspace_id=world.workspace_id,
            campaign_id=world.campaign_id,
            lead_id=lead_id,
            line=line,
            approved=approved,
            user_id=PERSON,
        )


async def save(world: World, text: str, *, html: str | None = None, name: str = "Mine") -> UUID:
    async with world.open_uow() as uow:
        source = TemplateSource("Hello", text, html)
        return (await create_template(uow, workspace_id=world.workspace_id, name=name, source=source)).id


async def draft_with(world: World, template_id: UUID, list_id: UUID) -> UUID:
    async with world.open_uow() as uow:
        campaign = await create_campaign(
            NewCampaign(list_id, template_id=template_id, window=ALWAYS),
            uow=uow,
            workspace_id=world.workspace_id,
            mailbox_id=world.mailbox_id,
            default_quota=400,
            now=world.now,
        )
    world.campaign_id = campaign.id
    return campaign.id


async def test_the_check_names_the_rows_that_start_leaves_out_and_changes_nothing(world: World) -> None:
    """Red when check and Start decide by different rules, or the check enrols somebody. More rows than a page."""
    await world.suppress("@stop.example")
    odd = {
        5: {"email": "a@stop.example"},
        7: {"line": "  "},
        11: {"email": "not an address"},
        12: {"email": "lead1@company1.example"},
        205: {"company": "x" * 300},
        250: {"company": "Evil\r\nBcc: all@corofy.example"},
    }
    rows = [recipient(n, **odd.get(n, {})) for n in range(1, 261)]
    await world.draft(await world.list_of(*rows))
    assert (await campaign_of(world)).state == "draft"
    of, problems = await check(world)
    assert of == 260
    named = {row.row_no: row.problem.code for row in problems}
    assert set(named) == set(odd)
    assert await world.enrolment_states() == {}
    assert {row.position: row.reason for row in (await world.start()).excluded} == named


async def test_the_check_knows_who_is_in_another_campaign_or_has_had_the_mail(world: World) -> None:
    await world.running(leads=2)
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 4))))
    _, problems = await check(world)
    assert Counter(row.problem.code for row in problems) == {"in_another_campaign": 2}


async def test_while_a_long_list_is_rendered_nothing_of_the_workspace_is_held(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when Start renders inside its transaction: a hundred thousand mails would keep one open for minutes."""
    seen: list[int] = []
    await world.draft(await world.list_of(*(recipient(n) for n in range(1, 4))))
    render = WRITER.__class__.words

    def look(self: Any, *args: Any, **more: Any) -> Any:
        seen.append(1)
        return render(self, *args, **more)

    monkeypatch.setattr(WRITER.__class__, "words", look)

    async def abandoned_start() -> None:
        async with world.open_uow() as uow:
            await world.begin_campaign(uow, world.campaign_id)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await abandoned_start()
    inside = len(seen)
    seen.clear()
    await world.start()
    assert (inside, len(seen)) == (3, 3), "what was rendered before is not rendered again in the transaction"


@pytest.mark.parametrize(
    ("text", "code"),
    [("Hi {{ firstname }}" + FOOT, "template_invalid"), ("Hi {{ postal_address }}", "unsubscribe_link_missing")],
)
async def test_a_template_that_cannot_be_a_first_mail_of_the_list_makes_no_campaign(
    world: World, text: str, code: str
) -> None:
    template_id = await save(world, text)
    with pytest.raises(Invalid) as raised:
        await draft_with(world, template_id, await world.list_of(recipient(1)))
    assert raised.value.code == code


async def test_a_template_names_the_columns_of_its_list(world: World) -> None:
    """Red when the sheet's own columns do not reach the mail, by name and by header."""
    template_id = await save(world, '{{ job_title }} since {{ fields["In job since"] }}' + FOOT)
    with pytest.raises(Invalid, match="no field job_title"):
        await draft_with(world, template_id, await world.list_of(recipient(1)))
    sheet = {"Job title": "{{ line }}{a|b}", "In job since": "2019"}
    await draft_with(world, template_id, await world.list_of(recipient(1, fields=sheet)))
    await world.start()
    await world.plan()
    post = Post()
    await send_all(world, post)
    assert "{{ line }}{a|b} since 2019" in post.letters[0].content.decode(), "data is never compiled, nor spun"


async def test_a_campaign_keeps_the_version_it_was_made_with(world: World) -> None:
    """Red when a change of a template reaches campaigns that run, or the same words again are another version."""
    template_id = await save(world, "First words" + FOOT)
    await draft_with(world, template_id, await world.list_of(recipient(1)))

    async def change(text: str, *, name: str = "Mine", expected: int | None = None) -> int:
        async with world.open_uow() as uow:
            stored = await change_template(
                uow,
                workspace_id=world.workspace_id,
                template_id=template_id,
                name=name,
                source=TemplateSource("Hello", text),
                expected_version=expected,
            )
        return stored.version

    assert await change("First words" + FOOT) == 1
    assert await change("First words" + FOOT, name="Renamed") == 1
    assert await change("Second words" + FOOT, expected=1) == 2
    with pytest.raises(PreconditionFailed):
        await change("Third words" + FOOT, expected=1)
    with pytest.raises(Conflict):
        await change("Third words" + FOOT, name="First email")
    async with world.open_uow() as uow:
        await delete_template(uow, workspace_id=world.workspace_id, template_id=template_id)
        versions = await templates.page_versions(uow.conn, template_id, before=None, limit=10)
    assert [row.version for row in versions] == [2, 1]
    await world.start()
    await world.plan()
    post = Post()
    await send_all(world, post)
    assert "First words" in post.letters[0].content.decode()
    assert (await campaign_of(world)).template_version == 1
    with pytest.raises(NotFound):
        await draft_with(world, template_id, await world.list_of(recipient(2)))


async def test_the_default_template_is_changed_and_never_deleted(world: World) -> None:
    async with world.open_uow() as uow:
        default = await templates.load_template(uow.conn, workspace_id=world.workspace_id)
        assert default is not None
        with pytest.raises(Conflict):
            await delete_template(uow, workspace_id=world.workspace_id, template_id=default.id)


async def test_a_lead_gets_the_line_that_somebody_gave_it_and_the_list_keeps_its_own(world: World) -> None:
    """Red when an edited line does not leave, leaves for others, or changes the list."""
    await world.draft(await world.list_of(recipient(1), recipient(2), recipient(3, line="")))
    one, two, three = await lines(world)
    await edit(world, one.lead_id, "I met your {{ company }} {team|crew}.", approved=False)
    await edit(world, two.lead_id, None)
    await edit(world, three.lead_id, "A line where there was none.")
    assert [row.lead_id for row in await lines(world, state="approved")] == [two.lead_id, three.lead_id]
    assert [row.lead_id for row in await lines(world, state="edited")] == [one.lead_id, three.lead_id]
    assert [row.lead_id for row in await lines(world, state="open")] == [one.lead_id]
    assert (await world.start()).excluded == []
    await world.plan()
    post = Post()
    await send_all(world, post)
    said = {letter.envelope_to: letter.content.decode() for letter in post.letters}
    assert "I met your {{ company }} {team|crew}." in said["lead1@company1.example"]
    assert "number 2" in said["lead2@company2.example"]
    assert "A line where there was none." in said["lead3@company3.example"]
    async with world.open_uow() as uow:
        query = sa.select(recipients.c.line).where(recipients.c.lead_id == one.lead_id)
        assert "number 1" in (await uow.conn.execute(query)).scalar_one()
    with pytest.raises(Conflict):
        await edit(world, one.lead_id, "Too late.")
    with pytest.raises(NotFound):
        await edit(await World(world.open_uow, campaign_id=world.campaign_id).open(), one.lead_id, "Not mine.")


async def test_a_line_of_nobody_is_not_edited(world: World) -> None:
    await world.draft(await world.list_of(recipient(1)))
    with pytest.raises(NotFound) as raised:
        await edit(world, uuid4(), "x")
    assert raised.value.code == "lead_not_found"


async def test_mail_bears_the_name_and_the_address_that_the_workspace_gave_itself(world: World) -> None:
    """Red when the sending settings are kept and not used."""
    await world.running(leads=1)
    async with world.open_uow() as uow:
        told = await sending_settings.load_settings(uow.conn, world.workspace_id)
        mine = sending_settings.SendingSettings(
            "Zoe Ward", "7 Our Street", told.time_zone, None, None, told.follow_up_share, 3, keeps_roles=False
        )
        await sending_settings.save_settings(uow.conn, world.workspace_id, mine)
    post = Post()
    await send_all(world, post)
    said = post.letters[0].content.decode()
    assert "From: Zoe Ward <ann@corofy.example>" in said
    assert "7 Our Street" in said
    assert "1 Test Street" not in said


async def preview(world: World, source: TemplateSource | None, **subject: Any) -> Preview:
    async with world.open_uow() as uow:
        return await preview_mail(
            uow, source, subject=Subject(**subject), workspace_id=world.workspace_id, writer=WRITER
        )


async def test_a_preview_shows_the_mail_and_every_problem_at_once(world: World) -> None:
    list_id = await world.list_of(recipient(1, fields={"Job title": "CTO"}), recipient(2, line=""))
    shown = await preview(world, TemplateSource("Hi {{ first_name }}", "{{ line }} {{ job_title }}"), list_id=list_id)
    assert shown.mail is not None
    assert (shown.mail.subject, shown.mail.text) == ("Hi First1", "I read about the new plant, number 1. CTO")
    assert [problem.code for problem in shown.problems] == ["unsubscribe_link_missing", "postal_address_missing"]
    assert "job_title" in shown.fields
    broken = await preview(world, TemplateSource("Hi {{ firstname }}", "{{ jobtitle }}" + FOOT), list_id=list_id)
    assert broken.mail is None
    assert [problem.detail.partition("did you mean ")[2][:10] for problem in broken.problems] == [
        "first_name",
        "job_title?",
    ]
    lineless = await preview(world, None, list_id=list_id, row_no=2)
    assert [problem.code for problem in lineless.problems] == ["line_missing"]
    nobody = await preview(world, None)
    assert nobody.mail is not None
    assert "Maria" in nobody.mail.text
    assert (await preview(world, TemplateSource("x", "{% for a in b %}"))).problems[0].code == "template_invalid"


async def test_a_preview_says_what_cannot_stand_in_a_header(world: World) -> None:
    """Red when a subject of two lines is shown as if it could be sent, and the check before Start then refuses every row."""
    list_id = await world.list_of(recipient(1))
    shown = await preview(world, TemplateSource("Hi\n{{ first_name }}", "{{ line }}" + FOOT), list_id=list_id)
    assert shown.mail is not None
    assert shown.mail.subject == "Hi\nFirst1"
    assert [problem.code for problem in shown.problems] == ["unsafe_header"]


async def test_the_link_of_a_preview_bars_nobody(world: World) -> None:
    """Red when whoever tries the link in a preview takes a lead off the list."""
    list_id = await world.list_of(recipient(1))
    shown = await preview(world, None, list_id=list_id)
    assert shown.mail is not None
    token = shown.mail.text.rpartition("/u/")[2].strip()
    assert WRITER.links.read(token).is_test


async def test_a_draft_from_before_without_the_link_says_so_at_start(world: World) -> None:
    """Red when a campaign that was made before templates had the link starts without it."""
    await world.draft(await world.list_of(recipient(1)))
    old = campaigns.update().where(campaigns.c.id == world.campaign_id).values(text_body="{{ line }}", html_body=None)
    await world.run(old)
    with pytest.raises(Invalid) as raised:
        await world.start()
    assert raised.value.code == "unsubscribe_link_missing"
    assert (await campaign_of(world)).state == "draft"
    assert (await send_emails(world.context, Post(), stopping=lambda: False)).claimed == 0
