"""The API as the demo and `corofy enrich` use it: the client, and what several commands do with it in the same way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from libs.client.client import Client
from libs.client.errors import ApiError
from libs.client.generated import models

ANY_HOUR = models.WindowIn(days=[1, 2, 3, 4, 5, 6, 7], from_="00:00", to="24:00", skip_holidays=False)


class Api(Client):
    """One signed-in user."""

    async def sign_in_or_up(self, email: str, password: str, *, workspace: str) -> models.MeResponse:
        """Signs in, or up when nobody of that address is known yet. Answers who that is, and in which workspace."""
        try:
            await self.sign_in(email, password)
        except ApiError as refusal:
            if refusal.code != "invalid_credentials":
                raise
            data = {"workspace_name": workspace}
            await self.post_auth_sign_up(models.SignUpRequest(email=email, password=password, data=data))
            await self.sign_in(email, password)
        return await self.get_me()

    async def upload(self, file: Path, *, reading: dict[str, Any] | None = None) -> models.UploadOut:
        """Streams the file in and returns the upload once it has been read, as `reading` says where that decides anything.

        Raises ApiError when it was refused.
        """
        upload = await self._read(await self.send_upload(file, filename=file.name))
        if reading:
            upload = await self._read(await self.choose_reading_upload(upload.id, reading))
        if upload.state == "refused":
            problem = upload.problem
            detail, code = (problem.detail, problem.code) if problem else ("no reason given", "refused")
            raise ApiError(f"{file.name} was refused: {detail}", status=422, code=code, detail=detail, extra={})
        return upload

    async def checked(self, upload: models.UploadOut) -> models.UploadOut:
        """The upload once its rows have been checked: until then nobody knows which of them repeat."""
        while upload.check == "running":
            await asyncio.sleep(0.2)
            upload = await self.show_upload(upload.id)
        return upload

    async def _read(self, upload: models.UploadOut) -> models.UploadOut:
        while upload.state == "reading":
            upload = await self.show_upload(upload.id, wait_seconds=5)
        return upload
