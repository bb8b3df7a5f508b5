"""What all of billing's tables share: their schema, and columns that come again and again."""

from sqlalchemy import BigInteger, CheckConstraint, Column, text

from libs.common.tables import common_tables, service_metadata

METADATA = service_metadata("billing")
COMMON = common_tables(METADATA, repeated=True)


def amount(name: str) -> Column[int]:
    """Whole credits, never unknown."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def none_negative(*columns: str) -> CheckConstraint:
    """No column of these is below zero."""
    return CheckConstraint(" AND ".join(f"{column} >= 0" for column in columns), name="none_negative")
