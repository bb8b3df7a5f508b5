"""Decides at the arrival of a request what the dials make of it: serve, refuse, fail, hang or garble."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

from deploy.sandbox.dials import Dials, Garbage, GroqDials, ProviderDials
from deploy.sandbox.world.chance import share

Kind = Literal["serve", "unauthorized", "minute", "tokens", "day", "fail", "hang", "garbage"]
_KEYS_REMEMBERED = 10_000
_ARRIVALS_KEPT = 50_000
_AT_REST = Dials()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to a request."""

    kind: Kind
    status: int = 200
    wait_s: float = 0
    delay_s: float = 0
    garbage: Garbage = ""
    nth: int = 0


SERVE = Verdict("serve")


@dataclass(slots=True)
class Window:
    """What one key did within the last window: arrivals and tokens, each counted when it arrived."""

    arrivals: deque[float] = field(default_factory=deque[float])
    tokens: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    tokens_used: int = 0

    def forget(self, before: float) -> None:
        """Drop what is older than the window."""
        while self.arrivals and self.arrivals[0] <= before:
            self.arrivals.popleft()
        while self.tokens and self.tokens[0][0] <= before:
            self.tokens_used -= self.tokens.popleft()[1]


@dataclass(slots=True)
class Gate:
    """The memory of one provider between requests."""

    name: str
    plain: bool = True
    """Whether every dial of the provider is at rest, so that nothing has to be decided."""
    windows: OrderedDict[bytes, Window] = field(default_factory=OrderedDict[bytes, Window])
    seen: OrderedDict[int, int] = field(default_factory=OrderedDict[int, int])
    arrived: deque[float] = field(default_factory=lambda: deque[float](maxlen=_ARRIVALS_KEPT))
    """When requests arrived, the refused ones too, while a limit of requests was dialled."""

    def turn(self, dials: Dials) -> None:
        """Take note of turned dials."""
        self.plain = getattr(dials, self.name) == getattr(_AT_REST, self.name)

    def reset(self) -> None:
        """Forget all arrivals."""
        self.plain = True
        self.windows.clear()
        self.seen.clear()
        self.arrived.clear()

    def window(self, key: bytes) -> Window:
        """The window of a key; the least used key is forgotten first."""
        window = self.windows.get(key)
        if window is None:
            window = self.windows[key] = Window()
            if len(self.windows) > _KEYS_REMEMBERED:
                self.windows.popitem(last=False)
        return window

    def decide(self, dials: Dials, *, key: bytes, body: bytes, now: float) -> Verdict:
        """The verdict on a request that arrives now. Rejected requests do not use up a limit."""
        if self.plain and key:
            return SERVE
        mine: ProviderDials = getattr(dials, self.name)
        if not key or mine.bad_key or key.decode("latin-1") in mine.bad_keys:
            return Verdict("unauthorized", status=401)
        if key.decode("latin-1") in mine.exhausted_keys:
            return Verdict("day", status=429, wait_s=mine.day_resets_in_s)
        limited = self._limited(mine, key=key, tokens=len(body) // 4, now=now)
        if limited is not None:
            return limited
        return self._served(dials, mine, body)

    def _limited(self, mine: ProviderDials, *, key: bytes, tokens: int, now: float) -> Verdict | None:
        window = self.window(key)
        window.forget(now - mine.rate_window_s)
        if mine.rate_limit_per_minute:
            self.arrived.append(now)
        if mine.rate_limit_per_minute and len(window.arrivals) >= mine.rate_limit_per_minute:
            return Verdict("minute", status=429, wait_s=window.arrivals[0] + mine.rate_window_s - now)
        per_minute = mine.tokens_per_minute if isinstance(mine, GroqDials) else 0
        if per_minute and window.tokens and window.tokens_used + tokens > per_minute:
            return Verdict("tokens", status=429, wait_s=window.tokens[0][0] + mine.rate_window_s - now)
        if mine.day_limit is not None:
            if mine.day_limit == 0:
                return Verdict("day", status=429, wait_s=mine.day_resets_in_s)
            mine.day_limit -= 1
        if mine.rate_limit_per_minute:
            window.arrivals.append(now)
        if per_minute:
            window.tokens.append((now, tokens))
            window.tokens_used += tokens
        return None

    def _served(self, dials: Dials, mine: ProviderDials, body: bytes) -> Verdict:
        nth = self._nth(body)
        seed = (str(dials.seed), self.name, str(nth), str(crc32(body)))
        delay = mine.latency_ms
        if mine.latency_jitter_ms:
            delay = max(0.0, delay + mine.latency_jitter_ms * (2 * share(*seed, "jitter") - 1))
        delay_s = delay / 1000
        if mine.next_failures:
            return Verdict("fail", status=mine.next_failures.pop(0), delay_s=delay_s)
        if mine.hang:
            return Verdict("hang", wait_s=mine.hang_s, delay_s=delay_s)
        if mine.fail_rate and share(*seed, "fail") < mine.fail_rate:
            return Verdict("fail", status=mine.fail_status, delay_s=delay_s)
        if mine.garbage and share(*seed, "garbage") < mine.garbage_rate:
            return Verdict("garbage", delay_s=delay_s, garbage=mine.garbage)
        return Verdict("serve", delay_s=delay_s, nth=nth)

    def _nth(self, body: bytes) -> int:
        """How often this very body has come before: a retry gets a new chance, and the same one in every run."""
        mark = crc32(body)
        nth = self.seen.get(mark, 0)
        self.seen[mark] = nth + 1
        if len(self.seen) > _KEYS_REMEMBERED:
            self.seen.popitem(last=False)
        return nth
