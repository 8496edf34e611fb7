"""The words of positions in a list, in English, German, French, Spanish and Chinese, by role.

Words are without accents. A role is a letter, so that a pattern over letters reads a phrase; see
rag.query.positions.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple


class Word(NamedTuple):
    """What a word means in a phrase about positions.

    `value` is that of numbers and ordinals, and 1 for articles of one thing; `is_digit` tells "3rd"
    from "third".
    """

    role: str
    value: int = 0
    is_digit: bool = False


class Token(NamedTuple):
    """A word, number or sign of a text, text[start:end]."""

    word: Word
    start: int
    end: int


_PUNCTUATION = dict.fromkeys("?!;:¿¡。？.", ".") | {"，": ","} | {c: c for c in ",()[]"}
_YEARS = 1900, 2099  # a number among these that stands alone is a year

NUMBERS = (  # without the French nine, which also means "new"
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty",
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
    "zero un deux trois quatre cinq six sept huit nine dix",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez",
    "零 一 二 三 四 五 六 七 八 九 十",
)
TENS = (
    "ten twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "zehn zwanzig dreißig vierzig funfzig sechzig siebzig achtzig neunzig hundert",
    "dix vingt trente quarante cinquante soixante soixante-dix quatre-vingts quatre-vingt-dix cent",
    "diez veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien",
    "十 二十 三十 四十 五十 六十 七十 八十 九十 一百",
)
MORE_NUMBERS = {"a hundred": 100, "one hundred": 100, "einhundert": 100, "dreissig": 30}
SINGULAR = frozenset("le la celui celle el".split())  # "el dos" is number 2, "los dos" are two
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "erst zweit dritt viert funft sechst siebt acht neunt zehnt elft zwolft",
    "premier deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme",
    "primer segund tercer cuart quint sext septim octav noven decim",
)
_GERMAN, _SPANISH = "e en er es em".split(), "o a os as".split()
ENDINGS = ([""], _GERMAN, ["", "e", "s", "es"], ["", *_SPANISH])
MORE_ORDINALS = {"former": 1, "premiere": 1, "premieres": 1, "second": 2, "seconde": 2}
FROM_END = {  # in one word
    "penultimate": 2, "avant-dernier": 2, "avant-derniere": 2, "antepenultimate": 3,
    "antepenultieme": 3, **{f"vorletzt{end}": 2 for end in _GERMAN},
    **{f"drittletzt{end}": 3 for end in _GERMAN}, **{f"penultim{end}": 2 for end in _SPANISH},
    **{f"antepenultim{end}": 3 for end in _SPANISH},
}  # fmt: skip

ROLES = {
    "D": "der die das den dem le la l' celui celle el",  # "el 6" is number 6, "the 6" are six
    "d": "the this that these those des les los las ese esa este esta cette 那 这",
    "g": "del vom du zum zur",  # both "from" or "to" and "the"
    "m": "number numbers nr nrs num nummer nummern numero numeros item items entry entries "
         "position rank eintrag platz # n°",
    "N": "no nos",  # "no 3", but "no, 3"
    "h": "第",
    "P": "paper article artikel articulo papier arbeit",  # "the last paper", "paper 3"
    "R": "papers articles articulos papiers arbeiten",  # not "the last papers"
    "O": "ones",
    "Q": "model method approach system result",
    "s": "篇 个 论文 篇论文 那篇",
    "l": "last final latter letzte letzten letzter letztes letztem dernier derniere derniers "
         "dernieres ultimo ultima ultimos ultimas 最后",
    "B": "bottom unterste untersten unterster unterstes",
    "E": "end back hinten ende fin final",
    "q": "倒数",
    "t": "top topmost uppermost oberste obersten oberster oberstes",
    "F": "前 头",
    ">": "next following nachste nachsten nachster nachstes suivant suivante siguiente 下一 后一",
    "<": "previous preceding vorige vorigen voriger voriges vorherige vorherigen precedent "
         "precedente anterior go_back one_back back_one 上一 前一",
    "a": "and & with vs versus or und oder et ou y e o mit avec con 和 与 跟 、 及",
    "r": "to through thru till bis a au al hasta jusqu'a 到 至 - – — ‑",
    "x": "not nicht pas non 不是",
    "b": "but rather sondern aber mais sino pero 而是",
    "e": "except excluding besides without ausser außer ausgenommen bis_auf sauf excepte salvo "
         "excepto menos ohne sans sin apart_from aside_from other_than "
         "with_the_exception_of mit_ausnahme a_l'exception a_excepcion 除了",
    "A": "all every everything alle alles allen tous toutes tout todos todas todo 所有 全部",
    "f": "from desde starting counting partant empezando contando",
    "i": "in at en dans im aus",
    "j": "of de von",
    "u": "instead_of by that which who whose using for fur pour para",
    "c": "compare compared comparing vergleiche comparer comparez compara comparar 比较",
    "k": "about between zu uber sur sobre",
    "S": "on since until am seit depuis",  # or a day: "on the 3rd"
    "y": "after nach danach apres d'apres despues 后面 下面",  # "one after", "after the 3rd"
    "z": "before vor davor avant d'avant antes 前面 上面",
    "K": "skip skip_over uberspring uberspringe saute sauter passe salta saltar 跳过",
    "T": "today yesterday week month year day days weeks months years heute gestern woche monat "
         "jahr "
         "aujourd'hui hier semaine mois hoy ayer semana mes 今天 昨天 今日 本周 上周",
    "X": "more mehr plus mas",  # "5 more", but "more about 5"
    "L": "list digest them above liste lista",
    "M": "detail details short brief simple plain few words sentence sentences english german "
         "french spanish chinese deutsch englisch francais anglais espanol ingles kurz bref breve",
    "w": "please pls plz bitte svp stp s'il_vous_plait s'il_te_plait favor por thanks danke "
         "merci gracias again "
         "nochmal encore now then also ok okay yes yeah yep ja nein oui si hm so well i we meant "
         "mean ich meine meinte je voulais dire quise decir oh actually sorry just right "
         "only nur me us tell give show explain summarize summarise describe open "
         "erklare erklar beschreibe explique explica resume describe 的 请 吧 呢 以外 之外",
    "v": "is are was were has have had does do did can could will would should say says said use "
         "uses used claim claims find finds work works differ differs cost wrote it they look "
         "looks seem seems sound sounds "
         "ist sind war hat haben sagt nutzt geschrieben verfasst veroffentlicht gemacht "
         "est sont parle dit utilise ecrit es son tiene dice trata usa escribio escrito "
         "是 讲 说 有",
    "W": "who what why how when where which wer was wie wann wo warum worum qui que quoi comment "
         "quand pourquoi quien quienes como cuando cual donde 谁 什么 怎么",
}  # fmt: skip


@lru_cache(maxsize=1)
def position_words() -> dict[str, Word]:
    """Return all words; one that has two roles has the first of `_words`."""
    found: dict[str, Word] = {}
    for word, meaning in _words():
        found.setdefault(word, meaning)
    return found


def _words() -> Iterator[tuple[str, Word]]:
    for names in NUMBERS:
        for n, name in enumerate(names.split()):
            yield name, Word("1" if n == 1 else "n", n)
    for names in TENS:
        for n, name in enumerate(names.split(), start=1):
            yield name, Word("n", 10 * n)
    for name, n in MORE_NUMBERS.items():
        yield name, Word("n", n)
    for name in ("两", "beiden"):
        yield name, Word("n", 2)
    for names, endings in zip(ORDINALS, ENDINGS, strict=True):
        for n, name in enumerate(names.split(), start=1):
            for ending in endings:
                yield name + ending, Word("F" if n == 1 else "o", n)
    for name, n in MORE_ORDINALS.items():
        yield name, Word("F" if n == 1 else "o", n)
    for name, n in FROM_END.items():
        yield name, Word("p", -n)
        yield name.replace("-", " "), Word("p", -n)
    for role, names in ROLES.items():
        for name in names.split():
            yield name.replace("_", " "), Word(role, int(role == "F" or name in SINGULAR))


def tokens_of(plain: str) -> list[Token]:
    """Return the words and signs of a text in small letters without accents."""
    words = position_words()
    found: list[Token] = []
    for match in _token_pattern().finditer(plain):
        text = match[0]
        if match["joint"]:
            continue
        if match["nth"]:
            number = int(match["nth"])
            word = Word("F" if number == 1 else "o", number, is_digit=True)
        elif match["large"] and not _is_position(match, plain, found):
            word = Word("?")
        elif match["digits"] or match["minus"] or match["large"]:
            word = Word("n", int(text), is_digit=True)
        else:
            word = words.get(text) or Word(_PUNCTUATION.get(text, "?"))
        found.append(Token(word, *match.span()))
    return found


def _is_position(match: re.Match[str], plain: str, before: Sequence[Token]) -> bool:
    """Return whether a number of three or four digits is one of a list: "number 400", or alone."""
    if before and before[-1].word.role in "mh":
        return True
    is_alone = plain.strip(" .?!()[]") == match[0]
    return is_alone and not _YEARS[0] <= int(match[0]) <= _YEARS[1]


@lru_cache(maxsize=1)
def _token_pattern() -> re.Pattern[str]:
    """Return what matches one word, number or sign; a name with digits is one word."""
    keys = sorted(position_words(), key=len, reverse=True)
    phrases = [key for key in keys if not key.isalnum() and len(key) > 1]
    han = [key for key in keys if "\u4e00" <= key[0] <= "\u9fff"]
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})(?:(?<=\W)|(?!\w))"
        rf"|{'|'.join(han)}"
        r"|(?<![\w.])(?P<nth>\d{1,2})(?:st|nd|rd|th|e|er|re|eme|ere|[oa])(?![a-z\d-])"
        r"|(?P<minus>(?<![\w.)\]-])(?<!\d\s)-\d{1,2}(?![\w.:/-]))"  # no number of a list
        r"|[a-z]+\d[\w.-]*|\d+[a-z][\w-]*|[a-z]+-\d[\w.-]*"
        r"|(?P<large>\d{3,4})(?![\d.:/-]*\d)"
        r"|\d{3,}(?:[.:/-]\d+)*|\d+(?:[.:/]\d+)+|\d+(?:-\d+){2,}"
        r"|(?P<digits>\d{1,2})|[^\W\d_\u4e00-\u9fff]+|(?P<joint>(?<=[a-z])-(?=[a-z]))|\S"
    )
