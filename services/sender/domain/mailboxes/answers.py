"""What a mail server's refusal means: for this recipient, for this mail, or for the mailbox that it leaves through.

By the code and the enhanced code (RFC 3463) where they say enough, by the words where servers say it only in words.
"""

import re
from typing import Final

from services.sender.domain.sending import Deferred, Refused

_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_LOGIN_CODES: Final = frozenset({530, 534, 535, 538})
_LOGIN: Final = frozenset({"7.8", "7.14", "7.57", "7.139"})
"""Credentials invalid, log in with a browser first, not authenticated, SMTP login off for the tenant."""
_OVER_LIMIT: Final = frozenset({"4.5", "7.232", "7.233", "7.236", "7.28"})
_OVER_LIMIT_WORDS: Final = re.compile(
    r"(daily|sending|submission|hourly|message|user|recipient|rate)[ -](user )?(sending )?(limit|quota|rate)[\w ]* exceeded"
    r"|exceeded the (max|maximum|allowed|daily|hourly|sending)|quotaexceeded|too many (messages|recipients|emails|mails)"
    r"|(max|maximum) emails per (hour|day)|limit (was )?reached",
    re.IGNORECASE,
)
_BLOCKED: Final = frozenset({"1.8", "7.501", "7.502", "7.503", "7.511", "7.705", "7.708", "7.750", "7.26"})
"""Bad outbound sender, spam abuse detected, traffic not accepted from this sender, mail that does not authenticate."""
_BLOCKED_WORDS: Final = re.compile(
    r"outbound ?spam|(account|sender|mailbox|user) (has been |is |was )?(temporarily )?(suspended|blocked|disabled|locked)"
    r"|(spamhaus|spamcop|barracuda|sorbs|abusix|uceprotect)|(listed|blocked) (in|on|by|using) "
    r"|(ip|server|host|client)[\w .:\[\]]* (is |has been )?(blacklisted|blocklisted|blocked)|bad reputation|poor reputation"
    r"|sender is unauthenticated",
    re.IGNORECASE,
)
_NOT_OURS: Final = frozenset({"7.60"})
_NOT_OURS_WORDS: Final = re.compile(
    r"relay(ing)? (access )?(denied|not permitted|not allowed)|unable to relay|not permitted to relay"
    r"|sender (address )?rejected|not owned by user|permissions to send as",
    re.IGNORECASE,
)
"""The server does not take this sender's mail: the mailbox is set up wrong."""
_NOBODY: Final = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
_NOBODY_WORDS: Final = re.compile(
    r"(user|recipient|mailbox|address|account|alias)[\w <>@.:'\"-]{0,80} (unknown|not found|does ?n[o']t exist|is disabled"
    r"|no longer|not exist|inactive|is not available)"
    r"|(no such|unknown|invalid|nonexistent|non-existent) (user|recipient|mailbox|address|account|local part)"
    r"|no mailbox here|does(n't| not) have an? [\w.]+ account|unrouteable address|not a valid (recipient|mailbox)"
    r"|recipient address rejected: access denied",
    re.IGNORECASE,
)
_FULL: Final = frozenset({"2.2", "2.3"})
"""The recipient's mailbox is full, or takes no mail of this size: the address is a good one."""
_SHUTTING_DOWN: Final = frozenset({421, 454})


def meaning(code: int, reply: str) -> Refused | Deferred:
    """What a no to a recipient or to a mail means. `reply` is the server's text, without the code."""
    words = f"{code} {reply}"
    detail = _detail(reply)
    mailbox = of_mailbox(code, reply)
    if mailbox is not None:
        return mailbox
    if 500 <= code < 600:
        nobody = detail in _NOBODY or (detail not in _FULL and bool(_NOBODY_WORDS.search(reply)))
        return Refused(words, no_such_address=nobody and not _is_about_content(detail, reply))
    return Deferred(words, mailbox=not 400 <= code < 500)


def of_mailbox(code: int, reply: str) -> Deferred | None:
    """The same where the mailbox is meant, whoever the recipient is; None where it is not."""
    words, detail = f"{code} {reply}", _detail(reply)
    if code in _LOGIN_CODES or (code >= 500 and detail in _LOGIN):
        return Deferred(words, mailbox=True, pause="login_refused")
    if detail in _OVER_LIMIT or _OVER_LIMIT_WORDS.search(reply):
        return Deferred(words, mailbox=True)
    if code >= 500 and (detail in _BLOCKED or _BLOCKED_WORDS.search(reply)):
        return Deferred(words, mailbox=True, pause="blocked")
    if code in _SHUTTING_DOWN or detail in _NOT_OURS or _NOT_OURS_WORDS.search(reply):
        return Deferred(words, mailbox=True)
    return None


def _is_about_content(detail: str, reply: str) -> bool:
    """A policy's verdict on the mail may quote the address: it says nothing of it."""
    return detail.startswith(("6.", "7.")) and not _NOBODY_WORDS.search(reply)


def _detail(reply: str) -> str:
    """The enhanced code without its class: `1.1` of 5.1.1."""
    found = _ENHANCED.search(reply[:200])
    return f"{int(found[2])}.{int(found[3])}" if found else ""
