"""Why a mail has not been sent, and when it can be: the words for what the gate (`decide`) and the planner (`lay_out`) say."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.sender.domain.holidays import holiday_on
from services.sender.domain.plan.candidates import Candidate, Hours, waiting_of, wakes_at
from services.sender.domain.plan.laying_out import lay_out
from services.sender.domain.plan.outlook import NextPlan, Outlook
from services.sender.domain.plan.simulation import Simulation
from services.sender.domain.plan.terms import FIRST_STEP, Assignment, PassedOver
from services.sender.domain.sending import Drop, Facts, GiveBack, SendTiming, decide
from services.sender.domain.windows import Window, closed_because

SENTENCES = {
    "sent": "It has been sent.",
    "failed": "The provider refused it: {detail}.",
    "sending": "It is being sent right now.",
    "unknown_outcome": "Nobody knows whether it arrived: we were cut off or stopped while handing it over. A person decides.",
    "excluded": "The row was left out at the start: {detail}.",
    "stopped": "The campaign writes to this lead no more: {detail}.",
    "campaign_draft": "The campaign has not been started.",
    "campaign_starting": "The campaign is being started: its list is not taken in to the end.",
    "campaign_finished": "The campaign is finished.",
    "campaign_paused": "The campaign is paused: start it again.",
    "mailbox_paused": "Its mailbox is paused: {detail}.",
    "mailbox_resting": "Its mailbox had trouble and rests before it is tried again: {detail}.",
    "earlier_step_open": "An earlier mail of the sequence is not known to have been sent.",
    "suppressed": "The address is suppressed.",
    "enrolment_ended": "The campaign writes to this lead no more.",
    "sandboxed_row": "The row was made up by the sandbox and reaches no real mailbox.",
    "already_sent": "Another campaign has sent this very mail to the address.",
    "planned": "It has its place in today's plan.",
    "waits_for_plan": "It is next: the planner takes it up within half a minute.",
    "deferred": "The recipient's server put it off: {detail}.",
    "follow_up_waits": "The wait before this mail of the sequence is not over.",
    "between_campaigns": "Another campaign wrote to the address, and the pause between campaigns is not over.",
    "weekend": "It is {detail} where the lead is, and the campaign does not send on that day.",
    "holiday": "It is a public holiday where the lead is: {detail}.",
    "window_closed": "The working hours where the lead is ({detail}) are over or have not begun.",
    "workspace_quota": "The workspace's mails of today are all given away; it waits for its turn.",
    "campaign_quota": "The campaign's mails of today are all given away; it waits for its turn.",
    "mailbox_quota": "Its mailbox has sent what it may on a day.",
    "no_mailbox": "The campaign has no mailbox that sends: {detail}.",
    "domain_quota": "Enough has been sent to {detail} today.",
}
"""Every code, in a sentence. `{detail}` is what the code is about."""


@dataclass(frozen=True)
class Explanation:
    """`next_at` is when it can be sent at the earliest; None when that depends on a person, or needs the days to come."""

    code: str
    detail: str = ""
    next_at: datetime | None = None

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code].format(detail=self.detail or "no reason was noted")


def explain_gate(facts: Facts, *, now: datetime, timing: SendTiming) -> Explanation | None:
    """What the gate says against a mail whatever the hour and the day. None: nothing, so that the plan decides."""
    ever = replace(facts, window_open=True, day_ends_at=datetime.max.replace(tzinfo=now.tzinfo))
    verdict = decide(ever, now=now, timing=timing)
    return Explanation(verdict.reason) if isinstance(verdict, Drop | GiveBack) else None


def explain_slot(
    planned_at: datetime | None, *, paused: str | None, trouble: str | None, retry_at: datetime | None, now: datetime
) -> Explanation | None:
    """What a mail waits for that has its mailbox: `paused` is why that does not send, `retry_at` until when it rests for its
    `trouble`, `planned_at` the mail's instant of today. None: it has no instant, so that the plan decides."""
    if paused is not None:
        return Explanation("mailbox_paused", paused)
    if retry_at and retry_at > now:
        return Explanation("mailbox_resting", trouble or "", max(retry_at, planned_at or retry_at))
    return Explanation("planned", next_at=max(planned_at, now)) if planned_at else None


@dataclass(frozen=True)
class PlanToday:
    """The plan of today as the planner would fill it up now. Whoever it passes over would be passed over again."""

    outlook: Outlook
    plan: NextPlan

    @property
    def hours(self) -> Hours:
        """What is left of everybody's hours today."""
        return Hours(since=self.outlook.now, until=self.plan.day.ends_at)

    def ask(self, who: Candidate, window: Window, hours: Hours) -> Assignment | PassedOver:
        """What the planner does with this one."""
        if who.enrolment_id in self.plan.given:
            return self.plan.given[who.enrolment_id]
        layout = lay_out(
            [waiting_of(who, window=window, hours=hours, pause=self.outlook.pause)],
            shares=self.plan.shares,
            room=self.plan.room,
            day=self.plan.day.date,
            since=self.outlook.now,
            until=self.plan.day.ends_at,
            call=self.outlook.call,
        )
        if layout.assignments:
            return layout.assignments[0]
        return layout.passed_over.get(who.enrolment_id, "mailbox_unusable")


def plan_today(outlook: Outlook) -> PlanToday:
    """The plan as the planner would fill it up now."""
    return PlanToday(outlook, Simulation(outlook).next_plan())


def explain_plan(who: Candidate, window: Window, *, today: PlanToday, hours: Hours) -> Explanation:
    """What the plan says of somebody who waits without a slot."""
    if who.step == FIRST_STEP and not who.deferred:
        # Its `due_at` is until when the planner need not look at it: what kept it then is asked again now.
        who = replace(who, due_at=None)
    answer = today.ask(who, window, hours)
    if isinstance(answer, Assignment):
        return Explanation(_rest(who, today) or "waits_for_plan", next_at=answer.due_at)
    if answer == "window_closed_today":
        return _closed(who, window, today)
    if answer == "mailbox_unusable":
        return Explanation("no_mailbox", "they are paused, deleted or not those of the campaign")
    return Explanation(answer, who.domain if answer == "domain_quota" else "")


def _closed(who: Candidate, window: Window, today: PlanToday) -> Explanation:
    """No hours are left today: because of the clock, or because the mail rests until later."""
    now = today.outlook.now
    next_at = wakes_at(who, window=window, pause=today.outlook.pause, after=now)
    rest = _rest(who, today)
    if rest:
        return Explanation(rest, next_at=next_at)
    local = now.astimezone(ZoneInfo(who.time_zone))
    match closed_because(window, who, now):
        case "weekend":
            return Explanation("weekend", f"{local:%A}", next_at)
        case "holiday":
            holiday = holiday_on(local.date(), country=who.country, subdivision=who.subdivision)
            return Explanation("holiday", holiday or "", next_at)
        case _:
            return Explanation("window_closed", f"{_clock(window.from_min)} to {_clock(window.to_min)}", next_at)


def _rest(who: Candidate, today: PlanToday) -> str | None:
    """What holds a mail back whatever the hours."""
    held_until, now = who.not_before(today.outlook.pause), today.outlook.now
    if held_until is None or held_until <= now:
        return None
    if who.due_at is None or who.due_at <= now:
        return "between_campaigns"
    return "deferred" if who.deferred else "follow_up_waits"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
