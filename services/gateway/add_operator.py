"""Makes an operator's account: `python -m services.gateway.add_operator EMAIL`, for who may run commands on the server.

Nobody signs up with an address of ADMIN_EMAILS in production. An account that is there already is taken into possession. The
password is asked for, or read from stdin.
"""

import argparse
import asyncio
import getpass
import sys

from libs.common.clock import utc_now
from libs.common.db import make_engine
from libs.common.errors import AppError, Invalid
from libs.common.ids import new_id
from libs.common.uow import OpenUow, UnitOfWorkFactory
from services.gateway.clients.addresses import normal_address
from services.gateway.clients.passwords import hash_password
from services.gateway.domain.members import check_password
from services.gateway.settings import GatewaySettings
from services.gateway.tables import COMMON
from services.gateway.use_cases.make_operator import make_operator


async def add_operator(email: str, password: str, *, operators: frozenset[str], open_uow: OpenUow) -> bool:
    """Whether the account is new. Raises Invalid for an address that ADMIN_EMAILS does not list or a weak password."""
    if email not in operators:
        msg = f"{email} is not listed in ADMIN_EMAILS: add it there first"
        raise Invalid(msg, code="not_an_operator")
    check_password(password, email=email)
    password_hash = await hash_password(password)
    async with open_uow() as uow:
        return await make_operator(email=email, password_hash=password_hash, user_id=new_id(), now=utc_now(), uow=uow)


async def _run(email: str, password: str) -> bool:
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
        is_new = asyncio.run(_run(email, password))
    except AppError as error:
        sys.exit(error.message)
    what = "with a workspace of their own" if is_new else "with this password; all its sessions have ended"
    sys.stdout.write(f"{email} can sign in now, as an operator {what}.\n")


if __name__ == "__main__":
    _main()
