"""Whether a provider lets a key send, asked before it is kept: outside any transaction."""

from dataclasses import replace

from libs.common.errors import Conflict, Invalid
from services.sender.clients.mailbox import MailboxDown
from services.sender.clients.mailroom import ApiLogin, Mailroom
from services.sender.domain.addresses import normalise
from services.sender.domain.mailboxes.account import WITH_API, check_connected, checked_account
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.use_cases.add_mailbox import MailboxWish


async def prove_wish(wish: MailboxWish, *, mailroom: Mailroom) -> MailboxWish:
    """The wish with its account as it is kept, and whether it is the sandbox's. Without a key it is, where there is one.

    Raises Invalid (api_key_missing, account_malformed, invalid_address), Conflict (key_refused, account_unknown,
    mailbox_unusable), Transient (mailbox_down).
    """
    if wish.provider not in WITH_API:
        return wish
    account = checked_account(wish.provider, wish.account, address=normalise(wish.address))
    sandboxed = mailroom.places.is_sandboxed(wish.provider, region=account.region)
    if not wish.api_key and not mailroom.places.sandbox:
        raise Invalid(f"a mailbox at {wish.provider} needs its api_key", code="api_key_missing")
    login = ApiLogin(wish.provider, account, wish.api_key, sandboxed=sandboxed or not wish.api_key)
    await _prove(login, mailroom=mailroom)
    return replace(wish, account=account, sandboxed=login.sandboxed)


async def prove_key(view: MailboxView, key: str, *, mailroom: Mailroom) -> None:
    """Another key for a mailbox. Raises Conflict (signs_in_elsewhere, key_refused, account_unknown), Transient."""
    if view.account is None:
        raise Conflict("this mailbox signs in without a key: leave api_key out", code="signs_in_elsewhere")
    await _prove(ApiLogin(view.provider, view.account, key, view.sandboxed), mailroom=mailroom)


async def _prove(login: ApiLogin, *, mailroom: Mailroom) -> None:
    opened = mailroom.open_api(login)
    try:
        proof = await opened.prove()
    except MailboxDown as error:
        if error.pause is None:
            raise
        raise Conflict(error.message, code="key_refused") from error
    finally:
        await opened.close()
    if proof.sandboxed != login.sandboxed:
        # What the sandbox makes up must reach nobody, and nobody's real mail the sandbox.
        msg = (
            f"{login.provider} was {'a' if proof.sandboxed else 'no'} sandbox where {'none' if proof.sandboxed else 'one'}"
            " was expected: SANDBOX_URL and the provider's base address do not fit"
        )
        raise Conflict(msg, code="mailbox_unusable")
    if login.provider == "instantly":
        check_connected(login.account.accounts, connected=proof.accounts)
