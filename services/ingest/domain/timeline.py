"""What happened to a job, in sentences a person reads."""

from services.ingest.domain.jobs import FINISHED, RERUN, JobState

_PROVIDERS = {"groq": "Groq", "serper": "Serper", "firecrawl": "Firecrawl"}
_CAUSES = {
    "day_limit": "the day's limit of {provider} is reached",
    "bad_key": "{provider} rejects its key",
    "nonsense": "nothing that {provider} answers can be used",
    "no_key": "there is no key for {provider}",
}
_SENTENCES = {
    JobState.RESERVING: "Made; its credits are being reserved.",
    JobState.DECLINED: "Declined: there are not enough credits.",
    JobState.QUEUED: "Its credits are reserved.",
    JobState.PROCESSING: "At work.",
    JobState.PAUSED: "Paused.",
    JobState.PARKED: "Parked.",
    JobState.MERGING: "Every row has its outcome; the sheet is being written.",
    JobState.COMPLETED: "Completed.",
    JobState.CANCELLED: "Cancelled. What was delivered stays; the rest is free.",
    JobState.FAILED: "Failed.",
}
_REASONS = {
    "ceiling": "Parked: what it may spend is spent. Raise its ceiling, or cancel it.",
    RERUN: "Begun once more with the rows that were not completed.",
    FINISHED: "Finished by a person: what there is is kept, the rest is skipped and free.",
    "rows_missing": "Failed: storage does not have the rows of its sheet.",
    "rows_unreadable": "Failed: the rows of its sheet are damaged in storage.",
    "rows_differ": "Failed: the sheet and the outcomes do not have the same rows.",
    "merge_failed": "Failed: the sheet could not be written, however often it was tried.",
}


def provider_name(provider: str) -> str:
    """As it writes itself."""
    return _PROVIDERS.get(provider, provider.capitalize())


def cause_of(reason: str | None) -> tuple[str, str] | None:
    """The provider that a reason speaks of, and what is the matter with it in words; None when it speaks of none."""
    provider, _, cause = (reason or "").partition("_")
    if cause not in _CAUSES:
        return None
    return provider, _CAUSES[cause].format(provider=provider_name(provider))


def sentence_of(state: JobState, *, reason: str | None) -> str:
    """What a turn into a state, for a reason, means."""
    if reason in _REASONS:
        return _REASONS[reason]
    cause = cause_of(reason)
    if cause is not None:
        return f"Parked: {cause[1]}."
    return _SENTENCES[state]
