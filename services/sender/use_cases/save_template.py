"""A person writes a template: as a new one, as the next version of one, or away with it."""

from uuid import UUID

from libs.common.errors import Conflict, NotFound, PreconditionFailed
from libs.common.uow import UnitOfWork
from services.sender.domain.templates import TemplateSource, check_syntax
from services.sender.repositories import templates
from services.sender.repositories.templates import StoredTemplate


async def create_template(uow: UnitOfWork, *, workspace_id: UUID, name: str, source: TemplateSource) -> StoredTemplate:
    """Key: (workspace, name). Raises Invalid (template_invalid, template_too_large), Conflict (template_name_taken)."""
    check_syntax(source)
    template_id = await templates.add_template(uow.conn, workspace_id=workspace_id, name=name, source=source)
    if template_id is None:
        raise _taken(name)
    return await load_template(uow, workspace_id=workspace_id, template_id=template_id)


async def change_template(
    uow: UnitOfWork,
    *,
    workspace_id: UUID,
    template_id: UUID,
    name: str,
    source: TemplateSource,
    expected_version: int | None,
) -> StoredTemplate:
    """Other words are a new version; the same words again change nothing. Campaigns keep the version they were made with.

    Raises NotFound (template_not_found), PreconditionFailed (template_changed) where the version is another than expected,
    Conflict (template_name_taken), Invalid as `create_template`.
    """
    check_syntax(source)
    found = await load_template(uow, workspace_id=workspace_id, template_id=template_id, lock=True)
    if expected_version is not None and expected_version != found.version:
        msg = f"the template is at version {found.version} by now, not {expected_version}: look at it and change that"
        raise PreconditionFailed(msg, code="template_changed")
    if await templates.name_taken(uow.conn, workspace_id=workspace_id, name=name, but=template_id):
        raise _taken(name)
    if source != found.source:
        await templates.add_version(uow.conn, template_id, name=name, source=source)
    elif name != found.name:
        await templates.rename(uow.conn, template_id, name=name)
    return await load_template(uow, workspace_id=workspace_id, template_id=template_id)


async def delete_template(uow: UnitOfWork, *, workspace_id: UUID, template_id: UUID) -> None:
    """It is offered no more; campaigns keep its words. The default stays, for it is what Start takes without asking.

    Raises NotFound (template_not_found), Conflict (template_is_default).
    """
    found = await load_template(uow, workspace_id=workspace_id, template_id=template_id, lock=True)
    if found.is_default:
        msg = f"{found.name!r} is the template that campaigns take by default: change its words instead"
        raise Conflict(msg, code="template_is_default")
    await templates.delete_template(uow.conn, template_id)


async def load_template(
    uow: UnitOfWork, *, workspace_id: UUID, template_id: UUID | None, lock: bool = False
) -> StoredTemplate:
    """The newest version of a template of the workspace, or of its default. Raises NotFound (template_not_found)."""
    found = await templates.load_template(uow.conn, workspace_id=workspace_id, template_id=template_id, lock=lock)
    if found is None:
        raise NotFound(f"there is no template {template_id or 'by default'}", code="template_not_found")
    return found


def _taken(name: str) -> Conflict:
    return Conflict(f"there is a template {name!r} already: take another name", code="template_name_taken")
