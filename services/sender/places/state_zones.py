"""The zones of states, in countries that have several: ISO 3166-2 code → IANA zone. A state that is not named here has its
country's most populous zone; those of the United States follow from their cities."""


def _spread(zones: dict[str, str]) -> dict[str, str]:
    return {code: zone for zone, codes in zones.items() for code in codes.split()}


STATE_ZONES: dict[str, dict[str, str]] = {
    "CA": _spread(
        {
            "America/St_Johns": "NL",
            "America/Halifax": "NS PE",
            "America/Moncton": "NB",
            "America/Toronto": "ON QC",
            "America/Iqaluit": "NU",
            "America/Winnipeg": "MB",
            "America/Regina": "SK",
            "America/Edmonton": "AB NT",
            "America/Vancouver": "BC",
            "America/Whitehorse": "YT",
        }
    ),
    "AU": _spread(
        {
            "Australia/Sydney": "NSW ACT",
            "Australia/Melbourne": "VIC",
            "Australia/Brisbane": "QLD",
            "Australia/Hobart": "TAS",
            "Australia/Adelaide": "SA",
            "Australia/Darwin": "NT",
            "Australia/Perth": "WA",
        }
    ),
    "BR": _spread(
        {
            "America/Sao_Paulo": "DF ES GO MG PR RJ RS SC SP",
            "America/Bahia": "BA",
            "America/Maceio": "AL SE",
            "America/Recife": "PE",
            "America/Fortaleza": "CE MA PB PI RN",
            "America/Belem": "AP PA",
            "America/Araguaina": "TO",
            "America/Cuiaba": "MT",
            "America/Campo_Grande": "MS",
            "America/Porto_Velho": "RO",
            "America/Boa_Vista": "RR",
            "America/Manaus": "AM",
            "America/Rio_Branco": "AC",
        }
    ),
    "MX": _spread(
        {
            "America/Mexico_City": "AGU CMX COL GRO GUA HID JAL MEX MIC MOR OAX PUE QUE SLP TAB TLA VER ZAC CHP",
            "America/Monterrey": "COA DUR NLE TAM",
            "America/Merida": "CAM YUC",
            "America/Cancun": "ROO",
            "America/Chihuahua": "CHH",
            "America/Hermosillo": "SON",
            "America/Mazatlan": "BCS NAY SIN",
            "America/Tijuana": "BCN",
        }
    ),
    "RU": _spread(
        {
            "Europe/Kaliningrad": "KGD",
            "Europe/Samara": "SAM UD",
            "Europe/Astrakhan": "AST",
            "Europe/Ulyanovsk": "ULY",
            "Europe/Saratov": "SAR",
            "Europe/Kirov": "KIR",
            "Europe/Volgograd": "VGG",
            "Asia/Yekaterinburg": "BA CHE KGN ORE PER SVE TYU KHM YAN",
            "Asia/Omsk": "OMS",
            "Asia/Novosibirsk": "NVS",
            "Asia/Barnaul": "AL ALT",
            "Asia/Tomsk": "TOM",
            "Asia/Novokuznetsk": "KEM",
            "Asia/Krasnoyarsk": "KYA KK TY",
            "Asia/Irkutsk": "IRK BU",
            "Asia/Chita": "ZAB",
            "Asia/Yakutsk": "SA AMU",
            "Asia/Vladivostok": "KHA PRI YEV",
            "Asia/Magadan": "MAG",
            "Asia/Sakhalin": "SAK",
            "Asia/Kamchatka": "KAM",
            "Asia/Anadyr": "CHU",
            "Europe/Moscow": "ARK BEL BRY CE CU DA IN IVA KB KC KDA KL KLU KO KOS KR KRS LEN LIP ME MO MOS MOW MUR NEN"
            " NGR NIZ ORL PNZ PSK ROS RYA SE SMO SPE STA TA TAM TUL TVE VLA VLG VOR YAR AD",
        }
    ),
    "ID": _spread(
        {
            "Asia/Jakarta": "AC SU SB RI JA SS BE LA BB KR JK JB JT YO JI BT",
            "Asia/Pontianak": "KB KT",
            "Asia/Makassar": "BA NB NT KS KI KU SA ST SN SG GO SR",
            "Asia/Jayapura": "MA MU PA PB PS PT PE PD",
        }
    ),
    "US": {
        "PR": "America/Puerto_Rico",
        "VI": "America/St_Thomas",
        "GU": "Pacific/Guam",
        "MP": "Pacific/Saipan",
        "AS": "Pacific/Pago_Pago",
    },
    "CL": {"MA": "America/Punta_Arenas", "AI": "America/Coyhaique"},
    "CN": {"XJ": "Asia/Urumqi"},
    "MN": {"043": "Asia/Hovd", "046": "Asia/Hovd", "071": "Asia/Hovd"},
    "CD": _spread({"Africa/Lubumbashi": "HK HL LU TA LO KC KE KS SA MA SK NK IT TO BU HU"}),
    "ES": {"CN": "Atlantic/Canary", "CE": "Africa/Ceuta", "ML": "Africa/Ceuta"},
    "PT": {"20": "Atlantic/Azores", "30": "Atlantic/Madeira"},
    "PG": {"NSB": "Pacific/Bougainville"},
    "EC": {"W": "Pacific/Galapagos"},
}
