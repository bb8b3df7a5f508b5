"""Which of a Supabase project's keys browsers may be told.

Formats: https://supabase.com/docs/guides/api/api-keys
"""

import base64
import binascii
import json

_SECRET = "sb_secret_"  # noqa: S105 - how such keys begin


def is_secret_key(key: str) -> bool:
    """Whether a key opens everything: a secret one, or a legacy token of another role than `anon`."""
    if key.startswith(_SECRET):
        return True
    parts = key.split(".")
    if len(parts) != 3:
        return False
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(claims, dict) and claims.get("role") != "anon"
