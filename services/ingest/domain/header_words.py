"""What columns are called, in the exports people have and the languages they write: the words of `domain.mapping`."""

import re
from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal[
    "email",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "website",
    "title",
    "country",
    "state",
    "city",
    "phone",
    "linkedin",
    "industry",
]
ROLES: tuple[Role, ...] = get_args(Role)

SPELLINGS: Mapping[Role, str] = {
    "email": """email, e mail, email address, e mail address, mail, work email, business email, company email, primary
        email, contact email, person email, professional email, email 1, email1, emailaddress, lead email, e mail
        adresse, mailadresse, correo, correo electronico, courriel, adresse email, adresse mail, indirizzo email, e
        post, epost, eposta, e posta, posta, sahkoposti, e mailadres, emailadres, e mail adres, mailadres, e posta
        adresi, mail adresi, direccion de correo, correo electronico trabajo, geschaftliche e mail, e mail
        geschaftlich, e mail professionnel, adresse e mail, adresse electronique, adresse courriel""",
    "first_name": """first name, firstname, first, fname, given name, givenname, forename, contact first name, person
        first name, lead first name, vorname, prenom, nombre, nome, fornavn, fornamn, voornaam, imie, ad, isim, nombre
        de pila, adi""",
    "last_name": """last name, lastname, last, lname, surname, family name, familyname, contact last name, person last
        name, lead last name, nachname, familienname, nom, nom de famille, apellido, apellidos, cognome, efternavn,
        efternamn, achternaam, sobrenome, nazwisko, soyad, soyadi, soy isim""",
    "full_name": """full name, fullname, name, contact name, contact, person, person name, lead name, lead, contact
        person, ansprechpartner, nom complet, nombre completo, nome completo, ad soyad, naam, navn""",
    "company": """company, company name, companyname, organization, organisation, organization name, organisation
        name, account, account name, business, business name, employer, current company, firm, firma, unternehmen,
        firmenname, societe, entreprise, empresa, azienda, bedrijf, sirket, spolka, security, legal name, org,
        customer, bedrijfsnaam, organisatie, firmanaam, raison sociale, nom de l entreprise, nom de la societe, nombre
        de la empresa, razon social, compania, sirket adi, firma adi, kurum""",
    "website": """website, web site, web, site, url, company website, company url, website url, domain, company
        domain, homepage, web address, company web site, webseite, site web, sitio web, sito web, sito, www, internet,
        site internet, adresse web, pagina web, pagina de internet, sitio, web sitesi, internet sitesi, site adresi,
        internetseite, internetadresse, webadresse, webseite url""",
    "title": """title, job title, jobtitle, position, role, job role, job position, person title, contact title,
        designation, function, headline, funktion, stelle, berufsbezeichnung, poste, fonction, cargo, puesto, ruolo,
        functie, unvan, current job, current title, current position, funktionsbezeichnung, jobtitel, intitule du
        poste, titre, puesto de trabajo, gorev, pozisyon, functietitel""",
    "country": """country, country name, country code, nation, person country, contact country, company country, land,
        pays, pais, paese, ulke, country region, country or region, location country""",
    "state": """state, province, region, state province, state or province, state region, person state, company state,
        bundesland, etat, estado, provincia, provincie, us state, county, location state, staat, departement,
        comunidad autonoma, eyalet, bolge, gewest, kanton, canton""",
    "city": """city, town, person city, contact city, company city, location city, headquarters city, hq city, stadt,
        ort, ville, ciudad, citta, cidade, stad, sehir, miasto, plaats, woonplaats, vestigingsplaats, localidad,
        poblacion, ilce, il, standort, sitz""",
    "phone": """phone, phone number, telephone, telephone number, tel, mobile, mobile phone, mobile number, cell, cell
        phone, work phone, direct phone, direct dial, corporate phone, company phone, contact number, phone 1, work
        direct phone, telefon, telefonnummer, handy, mobil, telefono, telefone, telephone portable, telefoon,
        telefoonnummer, telefon numarasi, cep telefonu, cep, numero de telephone, numero de telefono, movil, celular,
        mobilnummer, mobiel, gsm, durchwahl, rufnummer""",
    "linkedin": """linkedin, linkedin url, linkedin profile, linkedin profile url, person linkedin url, person
        linkedin, linkedin link, contact linkedin, li url, linkedin personal url, linkedin member url, linkedin url
        public, linkedin contact profile url, profile url, profil linkedin, linkedin profil, perfil de linkedin""",
    "industry": """industry, industries, sector, company industry, vertical, branche, branch, industrie, secteur,
        sector de actividad, settore, sektor, gics sector, industry sector, business sector, naics industry, secteur d
        activite, secteur activite, sanayi, bedrijfstak, industria, wirtschaftszweig""",
}

ROLE_OF: Mapping[str, Role] = {
    " ".join(text.split()): role for role, texts in SPELLINGS.items() for text in texts.split(",")
}
ORDER: Mapping[str, int] = {
    " ".join(text.split()): rank for texts in SPELLINGS.values() for rank, text in enumerate(texts.split(","))
}

# Words that say what a column is about when its header is not known word for word, tried in this order.
HINTS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("linkedin", re.compile(r"\blinked ?in\b")),
    ("email", re.compile(r"\be ?mail( address)?\b")),
    ("first_name", re.compile(r"\b(first|given) ?name\b")),
    ("last_name", re.compile(r"\b(last|family) ?name\b|\bsurname\b")),
    ("phone", re.compile(r"\b(tele)?phone\b|\bmobile\b")),
    ("website", re.compile(r"\bweb ?site\b|\bhomepage\b|\bdomain\b")),
    ("title", re.compile(r"\bjob ?(title|role)\b")),
    ("company", re.compile(r"\b(company|organi[sz]ation|account|business) ?name\b")),
    ("industry", re.compile(r"\bindustry\b|\bsector\b")),
    ("country", re.compile(r"\bcountry\b")),
    ("state", re.compile(r"\b(state|province)\b")),
    ("city", re.compile(r"\bcity\b")),
    ("full_name", re.compile(r"\bfull ?name\b")),
)
