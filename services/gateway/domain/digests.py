"""What is kept of tokens, keys and links."""

import hashlib


def digest_of(secret: str) -> bytes:
    """SHA-256 of any text, also of one that is no Unicode. Nobody guesses 32 random bytes, so a slow hash would protect nothing,
    and it would cost every request."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
