"""The template that a campaign's mails are made from."""

from uuid import UUID

from libs.common.errors import NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.first_mail import check_first_mail
from services.sender.domain.template_fields import columns_by_name
from services.sender.domain.templates import check_source
from services.sender.repositories import recipients, templates
from services.sender.repositories.templates import StoredTemplate


async def choose_template(
    uow: UnitOfWork, *, workspace_id: UUID, template_id: UUID | None, list_id: UUID
) -> StoredTemplate:
    """As it is now; None is the usual one. It names only what the list has, and can be a first mail.

    Raises NotFound (template_not_found), Invalid (template_invalid, unsubscribe_link_missing, postal_address_missing).
    """
    found = await templates.load_template(uow.conn, workspace_id=workspace_id, template_id=template_id)
    if found is None:
        raise NotFound(f"there is no template {template_id or 'by default'}", code="template_not_found")
    headers = await recipients.headers(uow.conn, list_id)
    check_source(found.source, columns=tuple(columns_by_name(headers)), headers=headers)
    check_first_mail(found.source)
    return found
