"""Real servers' words, and what they mean for the recipient, the mail and the mailbox."""

from collections.abc import Callable

import pytest

from services.sender.domain.mailboxes.answers import meaning
from services.sender.domain.sending import Deferred, Outcome, Refused

REFUSED, LATER = Refused, Deferred


def NOBODY(words: str) -> Outcome:  # noqa: N802 - a table's column, as are those below
    return Refused(words, no_such_address=True)


def RESTS(words: str) -> Outcome:  # noqa: N802
    return Deferred(words, mailbox=True)


def LOGIN(words: str) -> Outcome:  # noqa: N802
    return Deferred(words, mailbox=True, pause="login_refused")


def BLOCKED(words: str) -> Outcome:  # noqa: N802
    return Deferred(words, mailbox=True, pause="blocked")


ANSWERS = [
    # Gmail
    (550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking", NOBODY),
    (550, "5.2.1 The email account that you tried to reach is inactive.", NOBODY),
    (552, "5.2.2 The recipient's inbox is out of storage space and inactive.", REFUSED),
    (452, "4.2.2 The recipient's inbox is out of storage space.", LATER),
    (450, "4.2.1 The user you are trying to contact is receiving mail too quickly.", LATER),
    (550, "5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits", RESTS),
    (535, "5.7.8 Username and Password not accepted.", LOGIN),
    (534, "5.7.9 Application-specific password required.", LOGIN),
    (534, "5.7.14 <https://accounts.google.com/signin/continue> Please log in via your web browser", LOGIN),
    (454, "4.7.0 Too many login attempts, please try again later.", RESTS),
    (421, "4.7.0 Temporary System Problem. Try again later", RESTS),
    (421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", RESTS),
    (550, "5.7.26 Your email has been blocked because the sender is unauthenticated.", BLOCKED),
    (552, "5.7.0 This message was blocked because its content presents a potential security issue.", REFUSED),
    (550, "5.7.1 Our system has detected that this message is likely unsolicited mail.", REFUSED),
    # Outlook, Microsoft 365
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", NOBODY),
    (550, "5.4.1 Recipient address rejected: Access denied. [XX1.eop-EUR01.prod.protection.outlook.com]", NOBODY),
    (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", REFUSED),
    (554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message", RESTS),
    (554, "5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to", BLOCKED),
    (550, "5.1.8 Access denied, bad outbound sender. AS(42003)", BLOCKED),
    (550, "5.7.501 Access denied, spam abuse detected from IP", BLOCKED),
    (550, "5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.", BLOCKED),
    (550, "5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit", RESTS),
    (550, "5.7.60 SMTP; Client does not have permissions to send as this sender", RESTS),
    (535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", LOGIN),
    (530, "5.7.57 Client not authenticated to send mail.", LOGIN),
    (451, "4.7.500 Server busy. Please try again later", LATER),
    # Exim
    (550, "No such user here", NOBODY),
    (550, "Unrouteable address", NOBODY),
    (451, "Temporary local problem - please try later", LATER),
    (451, "Greylisted, please try again in 300 seconds", LATER),
    (550, "Domain corofy.example has exceeded the max emails per hour (500/500 (100%)) allowed. Discarded.", RESTS),
    (550, "relay not permitted", RESTS),
    (550, "This message was classified as SPAM and may not be delivered", REFUSED),
    # Postfix
    (550, "5.1.1 <bo@company.example>: Recipient address rejected: User unknown in virtual mailbox table", NOBODY),
    (450, "4.1.1 <bo@company.example>: Recipient address rejected: unverified address", LATER),
    (450, "4.7.1 <bo@company.example>: Recipient address rejected: Greylisted", LATER),
    (454, "4.7.1 <bo@company.example>: Relay access denied", RESTS),
    (554, "5.7.1 <bo@company.example>: Relay access denied", RESTS),
    (553, "5.7.1 <ann@corofy.example>: Sender address rejected: not owned by user ann", RESTS),
    (554, "5.7.1 Service unavailable; Client host [1.2.3.4] blocked using zen.spamhaus.org", BLOCKED),
    (552, "5.3.4 Message size exceeds fixed limit", REFUSED),
    (550, "5.1.2 <bo@nowhere.example>: Recipient address rejected: Domain not found", NOBODY),
    (452, "4.3.1 Insufficient system storage", LATER),
    # Yahoo
    (554, "delivery error: dd This user doesn't have a yahoo.com account (bo@yahoo.com) [0]", NOBODY),
    (554, "5.7.9 Message not accepted for policy reasons.", REFUSED),
    (550, "5.7.9 This mail has been blocked because the sender is unauthenticated", BLOCKED),
    (999, "?", RESTS),
]


@pytest.mark.parametrize(("code", "reply", "kind"), ANSWERS, ids=[f"{code} {reply[:40]}" for code, reply, _ in ANSWERS])
def test_each_answer_means_what_its_server_means(code: int, reply: str, kind: Callable[[str], Outcome]) -> None:
    """Red when a full mailbox suppresses its owner, a spent limit fails a lead, or a blocked account goes on sending."""
    assert meaning(code, reply) == kind(f"{code} {reply}")
