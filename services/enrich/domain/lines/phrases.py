"""Phrases that have no place in an opening line: flattery for anybody, signatures, orders to the reader or to a machine."""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Final

from services.enrich.domain.folding import folded

Phrases = Mapping[str, tuple[str, ...]]
"""Folded phrases by their first word."""


def _phrases(text: str) -> Phrases:
    found: dict[str, tuple[str, ...]] = {}
    for phrase in (folded(part) for part in text.split(",")):
        first = phrase.split(maxsplit=1)[0]
        found[first] = (*found.get(first, ()), phrase)
    return found


FLATTERY: Final = _phrases(
    "hope this finds you,hope this email finds you,hope this message finds you,hope you are well,hope you are doing well,"
    "hope you re doing well,hope all is well,was impressed by your,am impressed by your,impressed with your work,"
    "your impressive work,your impressive profile,your impressive career,your impressive background,love what you are doing,"
    "love what you re doing,love your work,big fan of your,great work you are doing,keep up the good work,"
    "keep up the great work,you are doing amazing,your amazing work,your inspiring,came across your profile,"
    "stumbled upon your profile,i am a huge fan,truly inspiring,thought leader,"
    "hoffe es geht ihnen gut,hoffe sie sind wohlauf,hoffe diese nachricht erreicht sie,beeindruckt von ihrer arbeit,"
    "ihre beeindruckende,ihr beeindruckendes profil,bin auf ihr profil gestoßen,tolle arbeit,"
    "j espère que vous allez bien,j espère que ce message,impressionné par votre,impressionnée par votre,"
    "votre travail impressionnant,votre profil impressionnant,suis tombé sur votre profil,"
    "espero que se encuentre bien,espero que esté bien,espero que este mensaje,me impresionó su,impresionado por su,"
    "su impresionante,encontré su perfil,spero che lei stia bene,spero che tu stia bene,spero che questo messaggio,"
    "sono rimasto colpito dal suo,sono rimasta colpita dal suo,il suo straordinario lavoro,"
    "espero que esteja bem,espero que esta mensagem,fiquei impressionado com,seu trabalho incrível,"
    "ik hoop dat het goed met u gaat,ik hoop dat het goed met je gaat,onder de indruk van uw,uw indrukwekkende,"
    "mam nadzieję że ma się pan dobrze,mam nadzieję że u państwa wszystko,jestem pod wrażeniem,"
    "doufám že se máte dobře,velmi mě zaujal váš profil,jag hoppas att du mår bra,jag hoppas att allt är bra,"
    "imponerad av ditt arbete,imponerad av ert,håber du har det godt,jeg håber alt er vel,imponeret af dit,imponeret af jeres,"
    "håper du har det bra,håper alt er bra,imponert over ditt,imponert over deres,toivottavasti voit hyvin,"
    "toivottavasti kuuluu hyvää,sper că sunteți bine,impresionat de activitatea,remélem jól van,lenyűgözött az ön,"
    "umarım iyisinizdir,çalışmalarınızdan etkilendim"
)
SIGNATURES: Final = _phrases(
    "best regards,kind regards,warm regards,best wishes,yours sincerely,yours faithfully,sincerely yours,many thanks in advance,"
    "looking forward to hearing from you,mit freundlichen grüßen,freundliche grüße,beste grüße,viele grüße,herzliche grüße,"
    "cordialement,bien à vous,meilleures salutations,un saludo cordial,saludos cordiales,atentamente,cordiali saluti,"
    "distinti saluti,com os melhores cumprimentos,atenciosamente,met vriendelijke groet,vriendelijke groeten,z poważaniem,"
    "pozdrawiam serdecznie,s pozdravem,med vänliga hälsningar,vänliga hälsningar,med venlig hilsen,venlig hilsen,"
    "med vennlig hilsen,vennlig hilsen,ystävällisin terveisin,cu stimă,üdvözlettel,saygılarımla,p s"
)
SUBJECT: Final = re.compile(
    r"^\W*(?:subject|re|fwd|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|předmět|ämne|emne|aihe|konu)\s*:",
    re.IGNORECASE,
)
ORDERS: Final = _phrases(
    "ignore previous instructions,ignore all previous,ignore the above,ignore your instructions,disregard previous,"
    "disregard the above,system prompt,as an ai,language model,i cannot help,i can not help with,i am unable to,"
    "as instructed,per your instructions,here is the line,here s the line,click here,click this,click the link,"
    "click below,follow this link,open the attachment,download the,your password,your bank details,your account number,"
    "credit card,gift card,gift cards,wire transfer,transfer the money,iban,bitcoin,crypto wallet,send money,"
    "ignoriere alle,ignorieren sie alle,als ki modell,klicken sie,ihr passwort,ihre bankdaten,überweisen sie,"
    "ignorez toutes les instructions,cliquez ici,votre mot de passe,vos coordonnées bancaires,ignora las instrucciones,"
    "haga clic,haz clic,su contraseña,ignora le istruzioni,clicchi qui,clicca qui,la sua password,clique aqui,sua senha,"
    "klik hier,uw wachtwoord,kliknij tutaj,klikněte,klicka här,klik her,klikk her,klikkaa tästä,faceți clic,kattintson,"
    "buraya tıklayın"
)
_PLAIN_ENDINGS = ("s", "es", "n", "en", "e", "er", "ed", "d", "ing", "ern", "em", "i", "a", "y")
_LONG_ENOUGH = 5


def standing_in(text: str, phrases: Phrases) -> list[str]:
    """Which of these phrases stand in a folded text, word for word."""
    return [phrase.strip() for word in text.split() for phrase in phrases.get(word, ()) if phrase in text]


def forbidden_in(text: str, forbidden: Iterable[str]) -> list[str]:
    """Which words and phrases of a person's list stand in a folded text: whole words in their order, whatever case and
    accents, and the last one also with a plain ending (`synergy` finds `synergies`)."""
    return [phrase for phrase in forbidden if any(form in text for form in _forms(phrase))]


@functools.lru_cache(maxsize=4096)
def _forms(written: str) -> tuple[str, ...]:
    phrase = folded(written)
    stem = phrase.strip()
    if not stem:
        return ()
    if len(stem.rsplit(" ", 1)[-1]) < _LONG_ENOUGH:
        return (phrase, f" {stem}s ")
    more = (f" {stem[:-1]}ies ",) if stem.endswith("y") else ()
    return (phrase, *(f" {stem}{ending} " for ending in _PLAIN_ENDINGS), *more)
