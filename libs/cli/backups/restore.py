"""`corofy restore FILE`: what a backup holds, into an installation that is empty or whose own is kept aside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.services import user_environment
from libs.cli.backups import given, here
from libs.cli.backups.archive import Reading, reading
from libs.cli.backups.manifest import KEYS, Manifest
from libs.cli.backups.places import databases_are_given, keys_in
from libs.cli.console import result, say
from libs.cli.errors import CliError
from libs.common.db import SERVICES
from libs.common.keyring import secrets_in
from libs.common.revisions import newest_revision


async def restore(file: Path, *, replace: bool) -> None:
    """All that can be refused is refused before anything is changed. With `replace`, what is there is kept aside; without,
    there may be nothing. Raises CliError."""
    env = user_environment()
    with reading(file) as backup:
        say(f"Checking {file}, made by Corofy {backup.manifest.corofy} as of {shown(backup.manifest.made_at)}")
        backup.verify()
        check_known(backup.manifest)
        check_keys(backup, env, own=not databases_are_given(env))
        stamp = f"{datetime.now(UTC):%Y%m%dt%H%M%S}"
        place = given.restore if databases_are_given(env) else here.restore
        told = await place(backup, env, aside=stamp if replace else None)
    for line in told:
        result(line)
    result(f"[bold]Restored[/] to {shown(backup.manifest.made_at)}. What happened since then is not known here:")
    result(
        "  campaigns and automatic top-ups wait for their owners; members, keys and passwords are those of that moment;"
    )
    result("  who has unsubscribed, or was erased or deleted since, has to be barred, erased or deleted again:")
    result("  docs/how-to/back-up.md says what to do before a campaign is started.")


def check_known(manifest: Manifest) -> None:
    """Raises CliError for a backup that a newer Corofy has made, or that lacks a service."""
    if missing := [service for service in SERVICES if service not in manifest.schemas]:
        raise CliError(f"The backup holds nothing of {', '.join(missing)}: nothing was changed; use another one.")
    newer = [name for name in SERVICES if manifest.schemas[name].revision > (newest_revision(name) or "")]
    if newer:
        raise CliError(
            f"The backup was made by a newer Corofy ({manifest.corofy}; its database of {newer[0]} is at version"
            f" {manifest.schemas[newer[0]].revision}, this one knows {newest_revision(newer[0])}). Nothing was changed:"
            " update Corofy, then restore."
        )


def check_keys(backup: Reading, env: Mapping[str, str], *, own: bool) -> None:
    """Raises CliError where what is sealed in the backup could not be opened. With `own` keys, those of the backup are used
    unless the environment names others."""
    needed = set(secrets_in(keys_in(backup.text(KEYS)).get("ENCRYPTION_KEYS", "")))
    configured = env.get("ENCRYPTION_KEYS", "")
    if (own and not configured) or needed <= set(secrets_in(configured)):
        return
    raise CliError(
        "ENCRYPTION_KEYS lacks a key that secrets in the backup are sealed with: add it behind your own, separated by a"
        f" comma. The backup's keys are in its part {KEYS} (unzip -p shows them). Nothing was changed."
    )


def shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
