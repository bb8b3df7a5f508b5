"""Whether Apollo is the real one, the sandbox, or missing."""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from libs.common.errors import Conflict

Mode = Literal["real", "sandbox", "missing"]
_SANDBOX_KEY = SecretStr("sandbox")
_NO_KEY = SecretStr("")


class NoKey(Conflict):
    """There is no Apollo to ask."""

    code = "apollo_no_key"


@dataclass(frozen=True)
class Account:
    """How Apollo is reached. `base_url` ends before the endpoint's name."""

    mode: Mode
    base_url: str = ""
    key: SecretStr = _NO_KEY

    def require(self) -> None:
        """Raises NoKey (Conflict `apollo_no_key`) without a key."""
        if self.mode == "missing":
            msg = "there is no key for Apollo: set APOLLO_API_KEY (a master key of a plan with API access), then try again"
            raise NoKey(msg)


def apollo_account(*, key: SecretStr, base_url: str, sandbox_url: str) -> Account:
    """The real one when there is a key, else the sandbox when there is one. A key with a URL inside the sandbox is its too."""
    sandbox = sandbox_url.rstrip("/")
    if key.get_secret_value().strip():
        inside = bool(sandbox) and base_url.startswith(sandbox)
        return Account("sandbox" if inside else "real", base_url.rstrip("/"), SecretStr(key.get_secret_value().strip()))
    if sandbox:
        return Account("sandbox", f"{sandbox}/apollo/api/v1", _SANDBOX_KEY)
    return Account("missing")
