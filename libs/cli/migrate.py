"""`corofy migrate`: the schemas to their newest version, where nobody starts the stack that would do it."""

from __future__ import annotations

from deploy.local.given import check_database
from deploy.local.ports import base_from_environment
from deploy.local.services import SERVICES, user_environment
from deploy.local.stack import LocalStack
from libs.cli.console import result, say
from libs.cli.target import running_target
from libs.common.migrations import upgrade_all, urls_from_environment


async def migrate() -> None:
    """Those of DATABASE_URL and its sisters; without them the private Postgres, which is started for it."""
    env = user_environment()
    if running_target() is not None and not env.get("DATABASE_URL"):
        result("The running Corofy has migrated its database when it started.")
        return
    if env.get("DATABASE_URL") or all(env.get(f"{service.upper()}_DATABASE_URL") for service in SERVICES):
        say("Migrating")
        urls = urls_from_environment(env)
        for service, url in urls.items():
            await check_database(url, named_by=f"DATABASE_URL (or {service.upper()}_DATABASE_URL)")
        await upgrade_all({service: urls[service] for service in SERVICES})
    else:
        stack = LocalStack(services=(), env=env, port_base=base_from_environment(), say=say)
        async with stack.database_only():
            say("Migrated the private database")
    result("Every schema is at its newest version.")
