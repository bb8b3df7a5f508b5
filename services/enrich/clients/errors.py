"""What can go wrong at a provider, by what has to be done about it."""

from datetime import datetime
from typing import Literal

from libs.common.errors import Transient
from services.enrich.domain.sites.website import WebsiteStatus


class ProviderError(Transient):
    """A provider did not do what it was asked. `provider` names its account."""

    code = "provider_error"

    def __init__(self, provider: str, message: str) -> None:
        super().__init__(f"{provider}: {message}")
        self.provider = provider
        self.said = message


class RateLimitedMinute(ProviderError):
    """Too many requests or tokens this minute. Waiting helps, and burns no attempt."""

    code = "provider_minute_limit"

    def __init__(
        self,
        provider: str,
        message: str,
        *,
        retry_after_s: float,
        limited_by: Literal["requests", "tokens"] | None = None,
    ) -> None:
        super().__init__(provider, message)
        self.retry_after_s = retry_after_s
        self.limited_by: Literal["requests", "tokens"] | None = limited_by


class ProviderOut(ProviderError):
    """Nothing will work until the day turns, credits are bought or the key is mended: the job parks."""

    reason = "day_limit"
    resume_at: datetime | None = None


class DayLimitExhausted(ProviderOut):
    """The day's quota or the credits are used up. `resume_at` is when the provider says it is back, if it does."""

    code = "provider_day_limit"
    reason = "day_limit"

    def __init__(self, provider: str, message: str, *, resume_at: datetime | None) -> None:
        super().__init__(provider, message)
        self.resume_at = resume_at


class BadKey(ProviderOut):
    """The key is rejected."""

    code = "provider_bad_key"
    reason = "bad_key"


class NoModel(ProviderOut):
    """Every model that is configured refuses this account: somebody must choose others, or open them to the key."""

    code = "provider_no_model"
    reason = "bad_key"


class Nonsense(ProviderOut):
    """So many answers in a row, to whomever, could not be used: it is not the questions."""

    code = "provider_nonsense"
    reason = "nonsense"


class ModelRefused(ProviderError):
    """The model is unknown, gone, closed to this account, or does not take the form. Another may answer."""

    code = "provider_model_refused"


class ModelUnfit(ProviderError):
    """The model's answers cannot be used for this row. Another's may."""

    code = "provider_model_unfit"


class ProviderDown(ProviderError):
    """No answer in time, no connection, or an error of the provider's own. Worth another try, a few times."""

    code = "provider_down"


class BadAnswer(ProviderError):
    """An answer that cannot be used: unreadable, empty, cut off, of the wrong form. Never a success."""

    code = "provider_bad_answer"


class PageMissing(ProviderError):
    """The website has no such page, or the provider reads it for nobody. That is an answer: `status` says of what kind."""

    code = "page_missing"

    def __init__(self, provider: str, message: str, *, status: WebsiteStatus = "missing") -> None:
        super().__init__(provider, message)
        self.status: WebsiteStatus = status


class OutOfTime(Exception):
    """The time budget of the chunk does not allow another wait. `wait_s` is what would have been needed."""

    def __init__(self, wait_s: float = 0) -> None:
        super().__init__(f"out of time: {wait_s:.1f} s more would have been needed")
        self.wait_s = wait_s
