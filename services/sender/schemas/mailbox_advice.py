"""What helps with a mailbox, as the HTTP edge shows it: how its host is reached, whether it works, what its domain lacks."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.sender.domain.mailboxes.presets import Preset
from services.sender.schemas.base import Body
from services.sender.schemas.mailboxes import Address
from services.sender.use_cases.examine_mailbox import Report
from services.sender.use_cases.try_mailbox import Trial


class PresetOut(BaseModel):
    """How a well-known host is reached. `oauth` is whom to connect with instead of a password."""

    name: str
    label: str
    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    oauth: Literal["google", "microsoft"] | None
    daily_limit: int | None
    note: str

    @classmethod
    def of(cls, preset: Preset) -> "PresetOut":
        return cls(
            name=preset.name,
            label=preset.label,
            host=preset.host,
            port=preset.port,
            security=preset.security,
            oauth=preset.oauth,
            daily_limit=preset.daily_limit,
            note=preset.note,
        )


class PresetAnswer(BaseModel):
    """Null when the address's host is none that is known."""

    preset: PresetOut | None


class TrialIn(Body):
    """Where the mail goes that shows whether it works."""

    to: Address


class TrialOut(BaseModel):
    """`ended_at` is where it ended: at the login, at the mail, or well. `said` is the server's word.

    `let_in` is as far as it goes with a provider that schedules by itself.
    """

    ended_at: Literal["open", "let_in", "send", "sent"]
    said: str

    @classmethod
    def of(cls, trial: Trial) -> "TrialOut":
        return cls(ended_at=trial.ended_at, said=trial.said)


class FindingOut(BaseModel):
    """What was found, and unless it is ok, what to do."""

    subject: Literal["spf", "dkim", "dmarc", "mx"]
    verdict: Literal["ok", "warn", "fail"]
    sentence: str


class ReportOut(BaseModel):
    """The doctor's findings, in the order in which to mend them."""

    findings: list[FindingOut]
    examined_at: datetime

    @classmethod
    def of(cls, report: Report) -> "ReportOut":
        findings = [
            FindingOut(subject=one.subject, verdict=one.verdict, sentence=one.sentence) for one in report.findings
        ]
        return cls(findings=findings, examined_at=report.examined_at)
