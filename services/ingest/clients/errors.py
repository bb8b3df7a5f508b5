"""What Apollo can refuse, by what has to be done about it. Each repeats Apollo's own sentence."""

from datetime import datetime

from libs.common.errors import AppError, Conflict, Forbidden, Invalid, RateLimited, Transient


class ApolloError(AppError):
    """`said` is Apollo's sentence, as it came."""

    advice = ""

    def __init__(self, said: str, *, extra: dict[str, object] | None = None) -> None:
        self.said = said
        advice = f" {self.advice}" if self.advice else ""
        super().__init__(f"Apollo says: {said.rstrip('.')}.{advice}", extra={"apollo_says": said, **(extra or {})})


class AccountRefused(ApolloError):
    """Nothing will work until a person has changed something at Apollo or in the settings: what runs is parked."""


class BadKey(AccountRefused, Conflict):
    """The key is rejected. Not our 401: whoever asks us is who they say."""

    code = "apollo_bad_key"
    advice = "Set APOLLO_API_KEY to a valid master key."


class NoApiAccess(AccountRefused, Forbidden):
    """The plan or the key does not reach the endpoint."""

    code = "apollo_no_api_access"
    advice = "Use a master key of a plan with API access."


class ApolloCreditsSpent(AccountRefused, Forbidden):
    """The credits at Apollo are used up. They are not ours."""

    code = "apollo_insufficient_credits"
    advice = "These are Apollo's credits, not yours here: buy more there, then resume."


class BadFilter(ApolloError, Invalid):
    """The search cannot be asked like that."""

    code = "apollo_bad_filter"


class Limited(ApolloError, RateLimited):
    """Too many requests of a minute, an hour or a day. Waiting until `until` helps, and burns no try."""

    code = "apollo_minute_limit"

    def __init__(self, said: str, *, window: str, until: datetime, now: datetime) -> None:
        seconds = max(1, round((until - now).total_seconds()))
        super().__init__(said, extra={"retry_after_s": seconds, "resume_at": until.isoformat()})
        self.code = f"apollo_{window}_limit"
        self.until = until


class ApolloDown(ApolloError, Transient):
    """No answer in time, no connection, or an error of Apollo's own."""

    code = "apollo_down"
    advice = "Try again in a moment."


class BadAnswer(ApolloError, Transient):
    """An answer that cannot be used. Never a success, never "nobody found"."""

    code = "apollo_bad_answer"
    advice = "Try again in a moment."
