"""What every generated model is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PrivateAttr


class Model(BaseModel):
    """A body of the API. Its validator is made at its first use: a program uses few of the hundreds there are.

    An answer may have more fields than this client knows. `etag` is the answer's, for `if_match` of a later change.
    """

    model_config = ConfigDict(defer_build=True, populate_by_name=True)
    _etag: str | None = PrivateAttr(default=None)

    @property
    def etag(self) -> str | None:
        return self._etag

    def stamped(self, etag: str | None) -> None:
        """Keeps the version that the answer's header named."""
        self._etag = etag
