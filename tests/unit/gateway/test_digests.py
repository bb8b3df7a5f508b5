"""What is kept of tokens, keys and links."""

import hashlib

from services.gateway.domain.digests import digest_of


def test_a_token_that_is_no_unicode_has_a_digest_like_any_other() -> None:
    """Red when half a surrogate pair, which JSON can hold, is an error of ours rather than a token that nobody has."""
    assert digest_of("\ud800") == digest_of("?") == hashlib.sha256(b"?").digest()
