"""Password hashes (argon2id). One costs processor time and memory, so they are computed in threads, a few at once."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

T = TypeVar("T")

_MEMORY_KIB, _TIME, _LANES = 19 * 1024, 2, 1
"""What OWASP's Password Storage Cheat Sheet asks of argon2id at least. The library's default of 64 MiB would let a handful of
sign-ins take the memory of everything else."""
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
"""So many at once, whatever the number of sign-ins."""


@functools.cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=_TIME, memory_cost=_MEMORY_KIB, parallelism=_LANES),))


@functools.cache
def _decoy() -> str:
    return _hasher().hash("the password of nobody")


async def hash_password(password: str) -> str:
    """A salted hash to store."""
    return await _in_turn(lambda: _hasher().hash(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether they match. Takes as long for an unknown user, so that addresses cannot be guessed by time."""
    matches = await _in_turn(lambda: _hasher().verify(password, password_hash or _decoy()))
    return matches and password_hash is not None


async def _in_turn(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
