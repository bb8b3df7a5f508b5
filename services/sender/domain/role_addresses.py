"""Addresses of roles: behind them is a desk, not the person that cold mail means to write to, and they complain most.

RFC 2142's mailboxes, and what companies use beside them, in the languages that lists come in most.
"""

_NAMES = """
    abuse accounting accounts admin administration administrator all anfrage anfragen ankauf billing bewerbung
    buchhaltung career careers comercial commercial compliance compras contabilidad contact contacto contact-us
    contactus contatti contato customer customer-service customercare customerservice datenschutz dpo dsgvo einkauf
    empfang enquiries enquiry everyone events export facturacion feedback finance ftp gdpr hallo hello help helpdesk hi
    hola hostmaster hr import info information infos inquiries inquiry invoice invoices it jobs kontakt kundenservice
    legal list mail mailbox mailer-daemon management marketing media moderator news newsletter no-reply noc noreply
    office operations order orders orderdesk postmaster post praxis presse press privacy procurement
    purchase purchasing rechnung rechnungen reception recruiting recruitment registrar remove reservations returns root
    sales sav secretary security sekretariat service services shop spam staff subscribe subscription support
    team tech technik unsubscribe usenet uucp vendas ventas vente ventes verkauf verwaltung webmaster welcome www zentrale
"""
ROLES = frozenset(_NAMES.split())


def is_role(address: str) -> bool:
    """Whether a normalised address belongs to a role; `sales+leads@` does as well."""
    return address.partition("@")[0].partition("+")[0] in ROLES
