"""Password hashes (argon2id). One costs a quarter of a second of CPU, so it is computed in a thread."""

import asyncio
import functools

from pwdlib import PasswordHash


@functools.cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@functools.cache
def _decoy() -> str:
    return _hasher().hash("the password of nobody")


async def hash_password(password: str) -> str:
    """A salted hash to store."""
    return await asyncio.to_thread(_hasher().hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether they match. Takes as long for an unknown user, so that addresses cannot be guessed by time."""
    matches = await asyncio.to_thread(lambda: _hasher().verify(password, password_hash or _decoy()))
    return matches and password_hash is not None
