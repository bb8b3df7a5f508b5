"""The one table of who may do what: a route needs a permission, a role has permissions, a key has some of its maker's.

The gateway holds every request to it before it acts or passes the request on; the services keep their own checks behind that.
"""

import functools
from typing import Literal, get_args

from libs.common.errors import Forbidden
from services.gateway.domain.callers import Caller, Role

Permission = Literal[
    "presence",
    "personal",
    "read",
    "jobs",
    "sending",
    "billing",
    "settings",
    "members",
    "audit",
    "ownership",
    "operations",
]
"""`presence` is to be known at all; `personal` is for people, never for keys; `operations` for the installation's operators."""

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
SCOPES: tuple[Permission, ...] = ("read", "jobs", "sending", "billing", "settings", "audit")
"""What a key may be given. Not `members`: who may invite an admin could make one of themselves that is not limited to scopes."""

_OF_VIEWERS: tuple[Permission, ...] = ("presence", "personal", "read")
_OF_MEMBERS: tuple[Permission, ...] = (*_OF_VIEWERS, "jobs", "sending")
_OF_ADMINS: tuple[Permission, ...] = (*_OF_MEMBERS, "billing", "settings", "members", "audit")
ROLES: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset(_OF_VIEWERS),
    "member": frozenset(_OF_MEMBERS),
    "admin": frozenset(_OF_ADMINS),
    "owner": frozenset((*_OF_ADMINS, "ownership")),
}

READING = frozenset({"GET", "HEAD", "OPTIONS"})
ROUTES: dict[str, tuple[Permission, Permission]] = {
    # What the gateway does itself.
    "me": ("presence", "presence"),
    "events": ("read", "read"),
    "workspaces": ("personal", "personal"),
    "workspace": ("read", "settings"),
    "workspace/owner": ("ownership", "ownership"),
    "workspace/export": ("ownership", "ownership"),
    "workspace/membership": ("personal", "personal"),
    "members": ("read", "members"),
    "invitations": ("members", "members"),
    "invitations/accept": ("personal", "personal"),
    "api-keys": ("personal", "personal"),
    "audit": ("audit", "audit"),
    "audit.csv": ("audit", "audit"),
    "erasures": ("settings", "settings"),
    # Where a URL of somebody's is seen, which may hold a secret.
    "webhooks": ("settings", "settings"),
    "webhook-events": ("read", "read"),
    # Lists of leads and research.
    "uploads": ("read", "jobs"),
    "quotes": ("read", "read"),
    "line-options": ("read", "read"),
    "jobs": ("read", "jobs"),
    "jobs/*/download-url": ("read", "read"),
    "exports": ("read", "jobs"),
    "usage": ("read", "read"),
    "sourcings": ("read", "jobs"),
    "catalogue": ("read", "jobs"),
    "catalogue/test": ("read", "read"),
    "providers": ("read", "settings"),
    # Credits and plans.
    "credits": ("read", "operations"),
    "credits/proofs": ("operations", "operations"),
    "prices": ("read", "operations"),
    "entitlements": ("read", "billing"),
    "billing": ("read", "billing"),
    "billing/caps/members": ("billing", "billing"),
    "billing/subscription": ("billing", "billing"),
    "billing/refunds": ("operations", "operations"),
    "billing/stripe-events": ("operations", "operations"),
    "billing/reconcile": ("operations", "operations"),
    # Sending.
    "lists": ("read", "sending"),
    "templates": ("read", "sending"),
    "templates/preview": ("read", "read"),
    "campaigns": ("read", "sending"),
    "campaigns/*/check": ("read", "read"),
    "campaigns/*/dry-run": ("read", "read"),
    "emails": ("read", "sending"),
    "dead-letters": ("read", "sending"),
    "suppressions": ("read", "sending"),
    "suppressions/*/lift": ("read", "settings"),
    "mailboxes": ("read", "settings"),
    "sending": ("read", "settings"),
}
"""Prefix of a path below /v1, segment by segment (`*` is any one) → what reading it and what changing it needs. The longest
counts. A POST that only reads is named, with `read` for both."""

STRICTER: dict[tuple[str, str], Permission] = {("DELETE", "workspace"): "ownership"}
"""Where one method of a path needs more than the others that change it."""

_LONGEST = max(prefix.count("/") + 1 for prefix in ROUTES)


def permission_for(method: str, path: str) -> Permission | None:
    """What a request for `/v1/<path>` (decoded) needs. None for a path that is in no table, which nobody may ask for."""
    if (method, path) in STRICTER:
        return STRICTER[method, path]
    segments = path.split("/")
    for length in range(min(_LONGEST, len(segments)), 0, -1):
        found = _find(segments[:length])
        if found is not None:
            return found[0 if method in READING else 1]
    return None


def only_reads(method: str, path: str) -> bool:
    """Whether a request for `/v1/<path>` changes nothing: by its method, or as a POST that the table says only reads."""
    return method in READING or permission_for(method, path) == "read"


def _find(segments: list[str]) -> tuple[Permission, Permission] | None:
    exact = ROUTES.get("/".join(segments))
    if exact is not None or len(segments) < 2:
        return exact
    return ROUTES.get("/".join([segments[0], "*", *segments[2:]]))


@functools.cache
def roles_with(permission: Permission) -> tuple[Role, ...]:
    """The roles that have a permission; none where it is not by their role that people have it."""
    return () if permission == "operations" else tuple(role for role in ROLES if may(role, permission))


def may(role: Role, permission: Permission) -> bool:
    """Whether a role has a permission. Operators are no role: see `check_permitted`."""
    return permission in ROLES[role]


def check_permitted(caller: Caller, permission: Permission, *, operator: bool) -> None:
    """Raises Forbidden: `operators_only`, `people_only`, `scope_missing`, `role_too_low`."""
    if caller.scopes is not None or caller.key_id is not None:
        _check_key(caller.scopes or frozenset(), permission)
    if permission == "operations":
        if not operator:
            msg = "only an operator may do this: the address must be listed in ADMIN_EMAILS"
            raise Forbidden(msg, code="operators_only")
        return
    if not may(caller.role, permission):
        able = [role for role in ROLES if may(role, permission)]
        msg = f"as {caller.role} of this workspace you may not do this: it takes {' or '.join(able)}. Ask an owner"
        raise Forbidden(msg, code="role_too_low", extra={"role": caller.role, "permission": permission})


def _check_key(scopes: frozenset[str], permission: Permission) -> None:
    if permission == "presence":
        return
    if permission not in SCOPES:
        msg = "no API key may do this: sign in"
        raise Forbidden(msg, code="people_only", extra={"permission": permission})
    if permission not in scopes:
        msg = f"this API key has not got the scope {permission}: make one that has"
        raise Forbidden(msg, code="scope_missing", extra={"permission": permission, "scopes": sorted(scopes)})
