"""A workspace brings its own key: checked once against the provider, sealed, kept, and told."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from libs.common.errors import Invalid
from libs.common.logs import get_logger
from libs.common.uow import OpenUow
from services.enrich.clients.errors import BadAnswer, BadKey, PageMissing, ProviderError, ProviderOut
from services.enrich.clients.keyring import Keyring, Purpose
from services.enrich.clients.tools import Client, Tools
from services.enrich.domain.provider_keys import SHOWN, check_provider, read_key
from services.enrich.repositories import keys
from services.enrich.repositories.keys import StoredKey
from services.enrich.use_cases.tell_of_keys import tell_of_keys

log = get_logger()

CHECK_WITHIN_S = 15


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """Who brings a key for which provider."""

    workspace_id: UUID
    provider: str
    key: str = field(repr=False)
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the provider has taken the key; if not, why nobody knows or what it has said."""

    accepted: bool
    message: str | None = None


async def set_provider_key(
    request: KeyRequest, *, open_uow: OpenUow, tools: Tools, keyring: Keyring
) -> tuple[StoredKey, Check]:
    """Call, then record. Natural key: (workspace, provider); the last one that is set stands.

    Raises NotFound `provider_unknown`, Invalid `key_malformed`, Invalid `provider_key_rejected` with the provider's words,
    Conflict `own_keys_off`. A provider that cannot be asked now is no reason to refuse the key.
    """
    check_provider(request.provider)
    key = read_key(request.key)
    sealed = keyring.seal(key, Purpose(request.workspace_id, request.provider))
    check = await _check(tools.with_key(request.provider, key, workspace_id=request.workspace_id))
    values: dict[str, object] = {
        "sealed": sealed.data,
        "sealed_with": sealed.sealed_with,
        "last_four": key[-SHOWN:],
    }
    async with open_uow() as uow:
        version = await keys.begin_change(uow.conn, request.workspace_id)
        stored = await keys.put(
            uow.conn,
            request.workspace_id,
            request.provider,
            values=values,
            version=version,
            set_by=request.user_id,
        )
        await tell_of_keys(uow, request.workspace_id, request.provider, version=version)
    log.info("provider_key.set", provider=request.provider, checked=check.accepted)
    return stored, check


async def _check(client: Client) -> Check:
    """One small call. Raises Invalid when the provider rejects the key."""
    provider = client.account.provider
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            await client.probe()
    except BadKey as rejected:
        msg = f"{provider.capitalize()} rejects this key: {rejected.said}"
        raise Invalid(msg, code="provider_key_rejected", extra={"provider": provider}) from rejected
    except ProviderOut as out:
        return Check(accepted=True, message=f"{provider.capitalize()} knows this key, but says: {out.said}")
    except (BadAnswer, PageMissing):
        return Check(accepted=True)
    except (ProviderError, TimeoutError) as error:
        said = error.said if isinstance(error, ProviderError) else f"no answer within {CHECK_WITHIN_S} s"
        return Check(
            accepted=False,
            message=f"The key is kept, but {provider.capitalize()} could not be asked whether it is good ({said}).",
        )
    return Check(accepted=True)
