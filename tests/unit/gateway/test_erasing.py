"""What is kept of an address that is erased."""

from uuid import UUID

from services.gateway.domain.erasing import keyed_digest, mask

WORKSPACE = UUID(int=1)


def test_people_tell_an_address_by_its_first_letter_and_its_domain() -> None:
    """Red when more of it is shown."""
    assert mask("ada.lovelace@example.com") == "a…@example.com"
    assert mask('"a@b"@example.com') == '"…@example.com'


def test_a_digest_is_of_one_workspace_and_one_secret() -> None:
    """Red when addresses can be compared across workspaces, or tried without the secret."""
    one = keyed_digest("a@example.com", workspace_id=WORKSPACE, secret="first")
    assert one == keyed_digest("a@example.com", workspace_id=WORKSPACE, secret="first")
    assert one != keyed_digest("a@example.com", workspace_id=UUID(int=2), secret="first")
    assert one != keyed_digest("a@example.com", workspace_id=WORKSPACE, secret="second")
