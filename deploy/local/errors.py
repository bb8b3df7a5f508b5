"""The one error of this package: what a person is told when the machine cannot do what was asked."""


class StackError(Exception):
    """One clear sentence that says what is wrong and what to do about it; shown without a traceback."""
