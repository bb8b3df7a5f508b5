"""What stands for an erased address, made by the database: for statements that look at many addresses."""

from sqlalchemy import ColumnElement, Text, func, literal_column, select

from services.sender.tables import unsubscribe_keys


def erased_target_of(address: ColumnElement[str]) -> ColumnElement[str]:
    """`suppressing.erased_target` of a column. The key is read once for a statement."""
    key = select(unsubscribe_keys.c.key).order_by(unsubscribe_keys.c.id).limit(1).scalar_subquery()
    inner = func.sha256(key.concat(func.convert_to(address, literal_column("'UTF8'"))))
    return literal_column("'#'", Text).concat(func.encode(func.sha256(key.concat(inner)), literal_column("'hex'")))
