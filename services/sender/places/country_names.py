"""What countries are called beside their names in CLDR, by hand."""

ALIASES = {
    "GB": "uk|england|scotland|wales|northern ireland|great britain|britain|united kingdom"
    "|united kingdom of great britain and northern ireland|grossbritannien|grande bretagne|gran bretana"
    "|великобритания|соединенное королевство|velka britanie|storbritannien og nordirland|anglia|angleterre"
    "|inglaterra|schottland|ecosse",
    "US": "usa|united states of america|america|u s a|etats unis d amerique|estados unidos da america"
    "|etats unis damerique|estados unidos de america|vereinigte staaten von amerika|verenigde staten van amerika"
    "|stati uniti damerica|forenede stater|сша|соединенные штаты америки|abd|ee uu|eeuu",
    "AE": "uae|emirates|vae",
    "NL": "holland|the netherlands|hollande|kingdom of the netherlands|koninkrijk der nederlanden",
    "TR": "turkey|turkei|turkiye|turquie|turquia",
    "CZ": "czech republic|tschechien|czechia|tschechische republik|republique tcheque|republica checa"
    "|чешская республика|ceska republika",
    "KR": "korea|south korea|korea republic of|republik korea|republique de coree|republica de corea|한국|韓國"
    "|大韓民国",
    "KP": "north korea|korea democratic peoples republic of|democratic peoples republic of korea",
    "RU": "russia|russland|russie|rusia|rusland|ryssland|россия|росія|rosja|russian federation|russische foderation"
    "|federation de russie|federacion de rusia|российская федерация|federacion rusa",
    "VA": "vatican|vatican city|holy see|holy see vatican city state|heiliger stuhl|saint siege|santa sede",
    "VN": "vietnam|viet nam|socialist republic of viet nam",
    "TW": "taiwan|taiwan province of china|臺灣",
    "IR": "iran|iran islamic republic of|islamic republic of iran",
    "BO": "bolivia|bolivia plurinational state of|plurinational state of bolivia",
    "VE": "venezuela|venezuela bolivarian republic of|bolivarian republic of venezuela",
    "TZ": "tanzania|tanzania united republic of|united republic of tanzania",
    "MD": "moldova|moldova republic of|moldau|moldawien",
    "SY": "syria|syrian arab republic|republica arabe de siria",
    "LA": "laos|lao peoples democratic republic|lao pdr",
    "HK": "hongkong|hong kong sar|hong kong|香港|홍콩|гонконг|hong kong special administrative region of china"
    "|honkonga|香港特別行政区",
    "MO": "macau|macao|澳門|澳门|마카오|макао|macao special administrative region of china",
    "CI": "ivory coast|elfenbeinkuste|costa de marfil|wybrzeze kosci sloniowej|fildisi sahili|republic of cote divoire",
    "MK": "macedonia|mazedonien|macedoine|republic of north macedonia",
    "CD": "dr congo|drc|congo the democratic republic of the|democratic republic of the congo|congo kinshasa"
    "|demokratische republik kongo|republique democratique du congo|republica democratica del congo",
    "CG": "congo brazzaville|republic of the congo|republique du congo|republik kongo",
    "CH": "schweiz|suisse|svizzera|switzerland|swiss confederation|schweizerische eidgenossenschaft",
    "BN": "brunei darussalam",
    "CV": "cabo verde|cape verde|republic of cabo verde",
    "SZ": "swaziland|swasiland|suazilandia|kingdom of eswatini",
    "MM": "burma|birma|birmanie|birmania|republic of myanmar|republic of the union of myanmar",
    "TL": "east timor|timor oriental|democratic republic of timor leste",
    "BY": "weissrussland|belorussia|bielorrusia|bielorussie",
    "PS": "palestine|palestine state of|state of palestine|palastina|palestina",
    "FM": "micronesia federated states of|federated states of micronesia",
    "FK": "falkland islands malvinas|falkland islands|islas falkland",
    "VG": "virgin islands british",
    "VI": "virgin islands us|us virgin islands|virgin islands of the united states",
    "SX": "sint maarten dutch part",
    "MF": "saint martin french part",
    "SH": "saint helena ascension and tristan da cunha",
    "BQ": "bonaire sint eustatius and saba|bonaire",
    "AX": "aland|aland inseln",
    "CC": "cocos keeling islands",
    "CN": "peoples republic of china|prc|volksrepublik china|mainland china|中华人民共和国|中華人民共和國|중국",
    "DE": "federal republic of germany|bundesrepublik deutschland|brd",
    "AT": "republik osterreich|republic of austria",
    "FR": "french republic|republique francaise",
    "ES": "reino de espana",
    "IT": "repubblica italiana|italian republic",
    "GR": "hellenic republic",
    "PT": "portuguese republic|republica portuguesa",
    "AR": "argentine republic|republica argentina",
    "MX": "united mexican states|estados unidos mexicanos|mejico",
    "BR": "federative republic of brazil|republica federativa do brasil",
    "SK": "slovak republic|slowakische republik",
    "LU": "grand duchy of luxembourg|grossherzogtum luxemburg",
    "LI": "principality of liechtenstein|furstentum liechtenstein",
    "MC": "principality of monaco",
    "AD": "principality of andorra",
    "EG": "arab republic of egypt",
    "BD": "peoples republic of bangladesh",
    "DZ": "peoples democratic republic of algeria",
    "JO": "hashemite kingdom of jordan",
    "NP": "federal democratic republic of nepal",
    "LK": "democratic socialist republic of sri lanka",
    "ET": "federal democratic republic of ethiopia",
    "PK": "islamic republic of pakistan",
    "MR": "islamic republic of mauritania",
    "NG": "federal republic of nigeria",
    "SO": "federal republic of somalia",
    "UY": "eastern republic of uruguay",
    "IL": "state of israel",
    "QA": "state of qatar",
    "KW": "state of kuwait",
    "PG": "independent state of papua new guinea",
    "WS": "independent state of samoa",
    "BS": "commonwealth of the bahamas",
    "DM": "commonwealth of dominica",
    "KM": "union of the comoros|islas comores|comoros",
    "LY": "libyan arab jamahiriya",
    "GM": "republic of the gambia|the gambia",
    "PH": "republic of the philippines|the philippines",
    "MV": "republic of maldives|islas maldivas",
    "SA": "السعودية|kingdom of saudi arabia|ksa",
    "FO": "faroer inseln",
    "KY": "cayman inseln",
    "CX": "weihnachtsinseln",
    "SB": "salomoninseln",
    "IM": "insel man",
    "GF": "franzosisch guyana",
    "RE": "ile de la reunion",
    "BM": "islas bermudas",
    "SJ": "svalbard und jan mayen",
    "AF": "islamic republic of afghanistan",
    "ER": "state of eritrea",
    "GA": "gabonese republic",
    "KG": "kyrgyz republic",
    "LB": "lebanese republic",
    "MH": "republic of the marshall islands",
    "MP": "commonwealth of the northern mariana islands",
    "NE": "republic of the niger",
    "OM": "sultanate of oman",
    "RW": "rwandese republic",
    "SD": "republic of the sudan",
    "ST": "democratic republic of sao tome and principe",
    "TG": "togolese republic",
}
"""Of each country the folded names that only it has, whatever CLDR calls so."""

_REPUBLICS = (
    "AL AM AO AT AZ BA BG BI BJ BW BY CI CL CM CO CR CU CV CY DJ EC EE FI FJ GA GE GH GN GQ GT GW GY HN HR HT"
    " HU ID IE IN IQ IS KE KI KR KZ LR LT LV MD ME MG MH MK ML MM MT MU MV MW MZ NA NE NI NR PA PE PH PL PW PY"
    " RO RS RW SC SD SG SI SL SM SN SR SS SV TD TG TJ TN TR TT UG UZ VU YE ZA ZM ZW"
)
_KINGDOMS = "BE BH BT DK ES KH LS MA NL NO SA SE TH TO"
STYLES = {
    "en": {"republic of |republic of the ": _REPUBLICS, "kingdom of |kingdom of the ": _KINGDOMS},
    "de": {"republik |republik der ": _REPUBLICS, "konigreich |konigreich der ": _KINGDOMS},
    "fr": {
        "republique de |republique du |republique d|republique de la |republique de l|republique des ": _REPUBLICS,
        "royaume de |royaume du |royaume d|royaume de la |royaume des ": _KINGDOMS,
    },
    "es": {
        "republica de |republica del |republica de la |republica de las |republica de los ": _REPUBLICS,
        "reino de |reino del |reino de los ": _KINGDOMS,
    },
}
"""How countries are styled in four languages: `Republic of Poland`."""

TWO_COUNTRIES = {"congo", "kongo"}
"""What nobody can tell whose name it is."""
