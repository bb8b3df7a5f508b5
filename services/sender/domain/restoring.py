"""What is said of campaigns and mails whose data are those of a moment in the past."""

from datetime import UTC, datetime

RESTORED = "restored"
"""The reason of an email that may have left after that moment."""


def why_it_waits(moment: datetime) -> str:
    """Why a campaign is paused, and what its owner can do."""
    return (
        f"Corofy was restored from a backup of {_shown(moment)}. Whom this campaign has written to since cannot be known here:"
        " look at what your mail provider has sent since, suppress or decide about those, then start it again."
    )


def why_it_is_a_draft(moment: datetime) -> str:
    """Why a start came to nothing."""
    return (
        f"Corofy was restored from a backup of {_shown(moment)}, made while this campaign was being started: look at whether"
        " your mail provider has sent anything of it since, then start it again."
    )


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
