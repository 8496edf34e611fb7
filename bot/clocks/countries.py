"""The names and codes of countries and continents.

Babel has their names in many languages (Unicode's CLDR, https://babel.pocoo.org); their codes are
those of ISO 3166. Babel leaves out CLDR's short names, so that abbreviations are listed here.
"""

import re
from collections import defaultdict
from functools import cache

from bot.clocks.cities import iso_codes
from rag.text.words import fold

# Languages in which a country is looked up besides the asker's own: English, then Discord's.
_LANGUAGES = (
    *"en de fr es it pt nl zh zh_Hant ja ko ru pl tr sv da nb fi cs hu ro bg el hr uk".split(),
    *"lt id vi th hi".split(),
)
# What people write for countries besides CLDR's names, folded.
_SHORT_COUNTRIES = {
    **dict.fromkeys(("us", "usa", "america", "eeuu", "ee uu", "сша", "сащ", "ηπα"), "US"),
    **dict.fromkeys(("uk", "britain", "great britain"), "GB"),
    **dict.fromkeys(("uae", "оаэ", "оае"), "AE"),
    "рф": "RU",
    "кнр": "CN",
    "korea": "KR",
    "holland": "NL",
}
# Abbreviations in capitals: in small letters some of them are words.
_CODES = {
    **dict.fromkeys("ABD EUA JAV SAD SUA VS".split(), "US"),
    **dict.fromkeys("EAU VAE ZEA".split(), "AE"),
    **dict.fromkeys("BRD RFA".split(), "DE"),
    "EU": "150",
    "KSA": "SA",
    "RSA": "ZA",
    "VRC": "CN",
}
# "Congo - Kinshasa" is one of two of that name, "Myanmar (Burma)" has two names.
_WHICH, _AND, _IN_BRACKETS = re.compile(r" [-–] .*"), re.compile("&"), re.compile(r"\((.*?)\)")
_NO_COUNTRIES = frozenset(["001", "EZ", "QO", "UN", "ZZ"])  # the world, unions, the unknown


def simple(text: str) -> str:
    """Return a name folded, with single spaces between its words."""
    return " ".join(fold(text).replace("_", " ").replace(".", " ").split())


def languages(locale: str) -> list[str]:
    """Return the asker's language, and the others in which names are looked up."""
    from babel import Locale, UnknownLocaleError

    try:
        asked = str(Locale.parse(locale, sep="-")) if locale else "en"
    except (UnknownLocaleError, ValueError):
        asked = "en"
    return list(dict.fromkeys([asked, *_LANGUAGES]))


def country_of_code(code: str) -> str:
    """Return CLDR's code of the country or continent that a code in capitals means, or ""."""
    return _CODES.get(code) or iso_codes().get(code, "")


@cache
def countries(language: str) -> dict[str, list[str]]:
    """Return the codes of countries and continents by their names, whole or one of two."""
    from babel import Locale

    whole, parts, added = defaultdict(list), defaultdict(list), defaultdict(list)
    for code, name in Locale.parse(language).territories.items():
        if code not in _NO_COUNTRIES:
            whole[simple(name)].append(code)
            for part in _AND.split(_WHICH.sub("", _IN_BRACKETS.sub("&", name))):
                parts[simple(part)].append(code)
            for part in _IN_BRACKETS.findall(name):
                added[simple(part)].append(code)
    # What is added to several names says whose they are: "Hong Kong (China)", "Macao (China)".
    second = {name: codes for name, codes in added.items() if len(codes) == 1}
    short = {name: [code] for name, code in _SHORT_COUNTRIES.items()}
    return {**second, **parts, **whole, **short}
