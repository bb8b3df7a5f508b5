"""Alembic's entry: the gateway's schema."""

from libs.common.migrations import run_env
from services.gateway.tables import METADATA

run_env(METADATA)
