"""The pages of an unsubscribe link: small, without scripts, in the reader's language."""

from dataclasses import dataclass
from html import escape
from typing import Literal

Kind = Literal["ask", "done", "test", "unknown"]
_STYLE = (
    "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto 0;padding:0 1.5rem;color:#1c1c1c;"
    "background:#fff}button{font:inherit;padding:.6rem 1.4rem;border:2px solid #1c1c1c;border-radius:.4rem;"
    "background:#1c1c1c;color:#fff;cursor:pointer}button:focus-visible{outline:3px solid #0a58ca;outline-offset:2px}"
)


@dataclass(frozen=True)
class _Words:
    title: str
    ask: str
    button: str
    done: str
    test: str
    unknown: str


_LANGUAGES = {
    "en": _Words(
        title="Unsubscribe",
        ask="Should {address} get no more emails from {sender}?",
        button="Yes, no more emails",
        done="{address} gets no more emails from {sender}.",
        test="This link came with a test mail. For your readers it works; here nothing has changed.",
        unknown="This link is not one of ours, or a part of it is missing. Answer the email with “unsubscribe” instead.",
    ),
    "de": _Words(
        title="Abmelden",
        ask="Soll {address} keine E-Mails mehr von {sender} bekommen?",
        button="Ja, keine E-Mails mehr",
        done="{address} bekommt keine E-Mails mehr von {sender}.",
        test="Dieser Link kam mit einer Testmail. Bei Ihren Lesern wirkt er; hier hat sich nichts geändert.",
        unknown="Dieser Link ist keiner von uns, oder ein Teil fehlt. Antworten Sie stattdessen auf die E-Mail mit „abmelden“.",
    ),
    "fr": _Words(
        title="Se désabonner",
        ask="Ne plus envoyer d’e-mails de {sender} à {address} ?",
        button="Oui, plus d’e-mails",
        done="{address} ne recevra plus d’e-mails de {sender}.",
        test="Ce lien vient d’un e-mail de test. Pour vos lecteurs il fonctionne ; ici, rien n’a changé.",
        unknown="Ce lien n’est pas des nôtres, ou il est incomplet. Répondez à l’e-mail par « désabonner ».",
    ),
    "es": _Words(
        title="Darse de baja",
        ask="¿No enviar más correos de {sender} a {address}?",
        button="Sí, no más correos",
        done="{address} no recibirá más correos de {sender}.",
        test="Este enlace vino con un correo de prueba. Para sus lectores funciona; aquí no ha cambiado nada.",
        unknown="Este enlace no es nuestro o está incompleto. Responda al correo con «baja».",
    ),
}


def language_of(accept_language: str) -> str:
    """The first of our languages that a reader takes (RFC 9110, 12.5.4); English for everybody else."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        wishes.append((-quality, place, tag.strip().lower()[:2]))
    return next((tag for quality, _, tag in sorted(wishes) if quality < 0 and tag in _LANGUAGES), "en")


def masked(address: str) -> str:
    """An address that its owner knows again and whoever was forwarded the mail does not learn."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def page(kind: Kind, *, language: str, address: str = "", sender: str = "") -> str:
    """The page as HTML. Nothing in it is run, and nothing loaded."""
    words = _LANGUAGES[language]
    said = {"ask": words.ask, "done": words.done, "test": words.test, "unknown": words.unknown}[kind]
    text = escape(said.format(address=masked(address), sender=sender))
    form = f'<form method="post"><button type="submit">{escape(words.button)}</button></form>' if kind == "ask" else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(words.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(words.title)}</h1><p>{text}</p>{form}</main></body></html>"
    )
