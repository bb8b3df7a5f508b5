"""Alembic's entry for billing's schema."""

from libs.common.migrations import run_env
from services.billing.tables import METADATA

run_env(METADATA)
