"""Makes an operator's account: `python -m services.gateway.add_operator EMAIL`, for who may run commands on the server.

Sign-up proves no address, so in production it refuses those of ADMIN_EMAILS. The password is asked for, or read from stdin.
"""

import argparse
import asyncio
import getpass
import sys

from libs.common.db import make_engine
from libs.common.errors import AppError, Invalid
from libs.common.ids import new_id
from libs.common.uow import OpenUow, UnitOfWorkFactory
from services.gateway.clients.addresses import normal_address
from services.gateway.clients.passwords import hash_password
from services.gateway.domain.members import Member, check_password
from services.gateway.settings import GatewaySettings
from services.gateway.tables import COMMON
from services.gateway.use_cases.sign_up import sign_up


async def add_operator(email: str, password: str, *, operators: frozenset[str], open_uow: OpenUow) -> Member:
    """As sign-up does it. Raises Invalid for an address that ADMIN_EMAILS does not list or a weak password, Conflict
    `email_taken`."""
    if email not in operators:
        msg = f"{email} is not listed in ADMIN_EMAILS: add it there first"
        raise Invalid(msg, code="not_an_operator")
    check_password(password, email=email)
    password_hash = await hash_password(password)
    async with open_uow() as uow:
        return await sign_up(
            email=email,
            password_hash=password_hash,
            workspace_name="Operators",
            user_id=new_id(),
            workspace_id=new_id(),
            uow=uow,
        )


async def _run(email: str, password: str) -> Member:
    settings = GatewaySettings()  # pyright: ignore[reportCallIssue] - filled from the environment
    engine = make_engine(settings.database_url, pool_size=1, service=settings.service)
    try:
        open_uow = UnitOfWorkFactory(engine, COMMON)
        return await add_operator(email, password, operators=settings.operators, open_uow=open_uow)
    finally:
        await engine.dispose()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.gateway.add_operator", description=__doc__)
    parser.add_argument("email", type=normal_address)
    email: str = parser.parse_args().email
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    try:
        member = asyncio.run(_run(email, password))
    except AppError as error:
        sys.exit(error.message)
    sys.stdout.write(f"{member.email} can sign in now, as an operator with a workspace of their own.\n")


if __name__ == "__main__":
    _main()
