"""What the mails say by which addresses are proved."""

from services.gateway.domain.mails import Words

_NOT_YOU = "If that was not you, there is nothing to do: without this mail nobody gets in."


def reset_password(*, link: str) -> Words:
    return Words(
        "recovery",
        "Choose a new password",
        (
            "Somebody asked to choose a new password for this address. The link below serves once, for an hour.",
            _NOT_YOU,
        ),
        ("Choose a new password", link),
    )


def confirm_address(*, link: str) -> Words:
    return Words(
        "signup",
        "Confirm your address",
        (
            "Somebody signed up with this address and chose a password. The link below serves once, for an hour, and lets that"
            " password in: follow it only if it was you.",
            _NOT_YOU,
        ),
        ("Confirm", link),
    )


def known_already(*, page: str) -> Words:
    return Words(
        "signup_again",
        "You have an account already",
        (
            "Somebody signed up with this address, and there is an account with it already: nothing has changed.",
            "If that was you, sign in, or ask for a new password.",
        ),
        ("Sign in", page),
    )


def password_changed() -> Words:
    return Words(
        "password_changed",
        "Your password was changed",
        (
            "The password of your account was changed just now, and all other sessions have ended.",
            "If that was not you, ask for a new password on the sign-in page at once.",
        ),
    )
