"""Reads times of day as people write them: "6:15 p.m.", "18h15", "half past six", "0815"."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.errors import PaperboyError
from rag.text.words import fold

# What people say in English, German, Dutch, French, Spanish, Italian and Portuguese, folded; one to
# twelve.
_ENGLISH_HOURS = "one two three four five six seven eight nine ten eleven twelve".split()
_HOUR_WORDS = {
    word: number
    for words in (
        "eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
        "een twee drie vier vijf zes zeven acht negen tien elf twaalf",
        "une deux trois quatre cinq six sept huit neuf dix onze douze",
        "una dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "una due tre quattro cinque sei sette otto nove dieci undici dodici",
        "uma duas tres quatro cinco seis sete oito nove dez onze doze",
    )
    for number, word in enumerate(words.split(), start=1)
} | {word: number for number, word in enumerate(_ENGLISH_HOURS, start=1)}
_MINUTE_WORDS = {
    word: minutes
    for minutes, words in {
        5: "five funf vijf cinq cinco cinque",
        10: "ten zehn tien dix diez dieci dez",
        15: "quarter fifteen viertel funfzehn kwart quart cuarto quarto 一刻",
        20: "twenty zwanzig twintig vingt veinte venti vinte",
        25: "twenty-five",
        30: "half thirty dreissig dreißig demi demie trente media treinta mezza mezzo meia 半 반",
        40: "forty vierzig quarante cuarenta",
        45: "forty-five 三刻",
        50: "fifty cinquante cincuenta",
    }.items()
    for word in words.split()
}
# Numbers below sixty in Chinese, Japanese and Korean: "二十五", "열한", "삼십".
_CHINESE = "一 二 三 四 五 六 七 八 九".split()
_SINO_KOREAN = "일 이 삼 사 오 육 칠 팔 구".split()
_KOREAN_HOURS = "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두".split()


def _below_sixty(digits: Sequence[str], ten: str) -> dict[str, int]:
    """Return the numbers of a language that says "two ten five" for 25."""
    tens = ["", ten, *(f"{digit}{ten}" for digit in digits[1:5])]
    ones = ["", *digits]
    return {f"{t}{o}": 10 * tens.index(t) + ones.index(o) for t in tens for o in ones if t or o}


_EAST_ASIAN_MINUTES = {
    **_below_sixty(_CHINESE, "十"),
    **_below_sixty(_SINO_KOREAN, "십"),
}
_EAST_ASIAN_HOURS = {
    **{word: number for word, number in _below_sixty(_CHINESE, "十").items() if number < 25},
    **dict.fromkeys("两兩", 2),
    **dict.fromkeys("零〇", 0),
    **{word: number for number, word in enumerate(_KOREAN_HOURS, start=1)},
}
_OTHER_HOURS = _HOUR_WORDS.keys() - set(_ENGLISH_HOURS)
_NAMED = {
    word: hour
    for hour, words in {
        12: "noon midday mittag mittags midi mediodia mezzogiorno meio-dia middag 正午 中午 정오",
        0: "midnight mitternacht middernacht minuit medianoche mezzanotte meia-noite 午夜 자정",
    }.items()
    for word in words.split()
}
_BEFORE_THE_HOUR = frozenset("to of before till vor voor moins menos meno".split())
_INTO_THE_HOUR = {"halb": -30, "half": -30, "dreiviertel": -15, "viertel": -45}  # "halb acht"
_AM_PM = {"am": r"a\.?\s?m\b\.?", "pm": r"p\.?\s?m\b\.?"}
_EVERY = "(?:every|each|jeden|jede|am|elke|chaque|cada|ogni|toda|todas as|todas las|tous les)"
_DAY_PARTS = {
    "am": r"in the morning|this morning|morgens|vormittags|(?:in der )?fruhe?|[dl][ue] matin"
    r"|(?:de|por) la manana|'s ochtends|in de ochtend|(?:di|la) mattina|del mattino"
    rf"|(?:da|de|pela) manha|{_EVERY} (?:morning|morgen|vormittag|ochtend|matin|manana"
    r"|mattina|manha)s?",
    "pm": r"in the (?:afternoon|evening)|tonight|nachmittags|abends|[dl][ue] soir"
    r"|(?:de )?l['’ ]?apres-midi|(?:de|por) la tarde|'s middags|'s avonds|in de (?:middag|avond)"
    rf"|(?:di|la) sera|(?:del|il) pomeriggio|(?:da|a) tarde|{_EVERY} (?:afternoon"
    r"|evening|nachmittag|abend|middag|avond|soir|tarde|pomeriggio|sera)s?",
    "night": r"at night|nachts|in der nacht|(?:de )?la nuit|(?:de|por) la noche|'s nachts"
    r"|in de nacht|(?:di|la) notte|(?:da|a) noite"
    rf"|{_EVERY} (?:night|nacht|nuit|noche|notte|noite)s?",
}
_EAST_ASIAN_DAY_PARTS = {
    "am": "午前|上午|早上|早晨|清晨|凌晨|새벽|오전|아침|朝",
    "midday": "中午|昼|낮",
    "pm": "午後|下午|傍晚|夕方|오후|저녁",
    "night": "晚上|晩上|夜里|深夜|夜|밤",
}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _groups(day_parts: Mapping[str, str], suffix: str) -> str:
    return "|".join(f"(?P<{name}_{suffix}>{words})" for name, words in day_parts.items())


_HOUR = rf"(?P<hour>\d{{1,2}}|{_any(_HOUR_WORDS)})"
_PART = rf"(?P<part>{_any(_MINUTE_WORDS)})"
_ROUND = rf"(?P<part>5|10|15|20|25|{_any(_MINUTE_WORDS)})(?: min(?:ute[ns]?|uten)?)?"
_PAST_OR_TO = "past|after|to|of|before|till|nach|vor|over|voor"
_UNIT = r"(?: ?(?:h|hrs?|hours|uhr|heures?|horas?|u|uur|ore|(?P<clock>o['’ ]?clock))\b)?"
_AHEAD = rf"(?:(?:{_groups(_DAY_PARTS, 'ahead')})(?:,? (?:at|um|om|a|a las?|as|alle))? )?"
_TAIL = rf"{_UNIT}(?:,? ?(?:{_groups(_DAY_PARTS, 'after')}|{_groups(_AM_PM, 'half')}))?"
_SHAPES = [
    re.compile(rf"(?<![\w+−:./-]){_AHEAD}(?:{shape})(?![\w:])")
    for shape in (
        rf"(?:(?:{_groups(_EAST_ASIAN_DAY_PARTS, 'east')}) ?)?"
        rf"(?P<hour>\d{{1,2}}|{_any(_EAST_ASIAN_HOURS)}) ?[時时点點시](?:整|"
        rf" ?(?P<minute>\d\d?|{_any(_EAST_ASIAN_MINUTES)}) ?[分분]| ?(?P<part>半|반|一刻|三刻))?",
        rf"(?:an? )?{_ROUND} (?P<side>{_PAST_OR_TO}) (?P<into>halb|half) {_HOUR}{_TAIL}",
        rf"(?:an? )?{_ROUND} (?P<side>{_PAST_OR_TO}) "
        rf"(?P<hour>\d{{1,2}}|{_any([*_HOUR_WORDS, *_NAMED])}){_TAIL}",
        rf"(?:12(?:[:.]00)? )?(?P<hour>{_any(_NAMED)})",
        rf"(?P<into>{_any(_INTO_THE_HOUR)}) {_HOUR}{_TAIL}",
        rf"{_HOUR}(?: ?h(?:eures?)?)? (?P<side>et|moins|y|menos|e|meno) (?:le |un )?{_PART}{_TAIL}",
        r"(?P<hour>\d{1,2})(?:(?:[:.hu]| ?(?:uhr|uur|h|heures?) )(?P<minute>\d\d)(?::\d\d)?)?"
        + _TAIL,
        rf"(?P<hour>\d{{1,2}})(?P<minute>\d\d){_TAIL}",
        rf"(?P<hour>{_any(_HOUR_WORDS)})(?:[ -](?:uhr |heures? |h )?{_PART})?{_TAIL}",
    )
]
# What is said of one day, of a duration or of a span; a digest comes at one time of each day.
_NUMBER = rf"(?:\d{{1,2}}|{_any(_HOUR_WORDS)})"
_UNITS = (
    r"(?:h(?:ou)?rs?|min(?:ute|uut|uto|uti)?[ns]?|stunden?|timer|timmar|giorni|wochen?|monaten?"
    r"|(?:day|week|month|tag|jour|dia|semana|semaine|mes|dag)e?[ns]?)"
)
_TIME = r"\d{1,2}(?:[:.h]\d\d)?(?: ?[ap]\.?m\b\.?)?"
_NO_TIMES_OF_EACH_DAY = [
    re.compile(rf"(?<![\w:.+−-])(?:{words})(?![\w:])")
    for words in (
        rf"(?:(?:in|dans|en|dentro de|over|fra|tra|every|alle|cada) )?{_NUMBER} ?{_UNITS}"
        rf"(?! (?:{_PAST_OR_TO})\b)(?: (?:from now|later))?",
        rf"in (?:an?|eine[rm]?|een) {_UNITS}",
        rf"(?:dans|en|dentro de|over|fra|tra) (?:une?|una?|{_NUMBER}) ?"
        r"(?:h|heures?|horas?|uur|uren|or[ea])",
        rf"{_TIME} ?[–—-] ?{_TIME}",
        rf"(?:between|zwischen|entre|tussen|tra|from|von|de|van) {_TIME} "
        rf"(?:and|und|et|y|en|e|to|bis|a|tot) {_TIME}",
        "today|heute|aujourd['’]hui|hoy|oggi|hoje|vandaag|idag|tomorrow|demain|domani|amanha"
        "|ubermorgen|overmorgen|imorgon|yesterday|gestern|hier|ayer|ieri"
        r"|(?<!la )(?<!cada )manana|(?<!jeden )(?<!am )(?<!elke )morgen",
        "now|right now|jetzt|maintenant|ahora|adesso|agora",
    )
]
_GLUED_ZONE = re.compile(r"(?<![\w+−-])(\d[\d:.]*(?:[ap]m)?)(?=(?:[A-Z]{2,5}|Z)\b)")
_DAY_PART_GROUPS = [
    f"{name}_{place}"
    for name in (*_DAY_PARTS, "midday")
    for place in ("ahead", "after", "half", "east")
]
_GAP = " \n "  # in the place of a time
# What is said before a time where a span begins or ends.
_BOUND = re.compile(
    r"(?<!\w)(?:before|after|from|since|until|till?|as of|vor|nach|ab|von|seit|bis|avant|apres|des"
    r"|depuis|a partir|jusqu['’]a|antes|despues|desde|hasta|depois|ate|prima|dopo|dal|fino|voor|na"
    r"|vanaf|sinds|tot|до|после|с)"
    r"(?: ?(?:a|as|alle|le|las?|les|d['’]?|de|das|do|del|delle|de l[ae]s?))?\s*\n"
)
_CRON = re.compile(r"(?P<minute>[\d*/,-]+) (?P<hour>[\d*/,-]+) [\d*/,?-]+ [\w*/,-]+ [\w*/,#?-]+")
EXAMPLES = "9:00 or 18:30"
MINUTES_OF_A_DAY = 24 * 60


class ClockError(PaperboyError):
    """A time of day or a time zone is impossible, ambiguous or unknown."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time on a clock; `note` says how an ambiguous one was read, or is ""."""

    hour: int
    minute: int
    note: str = ""


def split_times(text: str) -> tuple[list[TimeOfDay], str]:
    """Return the times of day in a text, and the text without them. Raises ClockError."""
    _refuse_cron(text)
    rest = _GLUED_ZONE.sub(r"\1 ", unicodedata.normalize("NFC", " ".join(text.split())))
    folded = _fold_in_place(rest)
    for shape in _NO_TIMES_OF_EACH_DAY:
        if match := shape.search(folded):
            raise _not_each_day(rest[match.start() : match.end()])
    times = []
    for shape in _SHAPES:
        for match in reversed(list(shape.finditer(folded))):
            start, end = match.span()
            times.append(_read(match.groupdict(), rest[start:end]))
            rest, folded = (f"{t[:start]}{_GAP}{t[end:]}" for t in (rest, folded))
    if _BOUND.search(folded):
        raise _not_each_day(text)
    return times, rest


def _not_each_day(typed: str) -> ClockError:
    return ClockError(
        f"“{typed}” is no time for a digest, which comes at the same time each day: "
        f"write one like {EXAMPLES}."
    )


def _refuse_cron(text: str) -> None:
    """Raise ClockError for a line of cron, with the time that it has, if it has one."""
    match = _CRON.fullmatch(" ".join(text.split()))
    if match is None:
        return
    hour, minute = match["hour"], match["minute"]
    is_one = hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60
    cure = f"{int(hour)}:{int(minute):02}" if is_one else f"a time like {EXAMPLES}"
    raise ClockError(f"“{text}” is a line of cron, which I do not read: write {cure}.")


def _fold_in_place(text: str) -> str:
    """Return the text folded, with every character in its place."""
    return "".join(f if len(f := fold(character)) == 1 else character for character in text)


def _read(found: dict[str, str | None], typed: str) -> TimeOfDay:
    """Return the time that a match of one of the shapes has. Raises ClockError."""
    hour, part = _number(found["hour"]), found.get("part") or found.get("minute")
    minute = _number(part) if part else 0
    into, side = found.get("into"), found.get("side")
    if into == "half" and not side and found["hour"] not in _OTHER_HOURS:
        earlier = (hour - 2) % 12 + 1
        raise ClockError(
            f"“{typed}” is {earlier}:30 for some and {hour}:30 for others: write one of them."
        )
    day_part = next((group.partition("_")[0] for group in _DAY_PART_GROUPS if found.get(group)), "")
    hour_of_day = 0 if (hour, minute, day_part) == (24, 0, "") else _hour_of_day(hour, day_part)
    if hour_of_day is None or minute > 59:
        raise ClockError(f"“{typed}” is no time of day: write it like {EXAMPLES}.")
    minute = (-minute if side in _BEFORE_THE_HOUR else minute) + _INTO_THE_HOUR.get(into or "", 0)
    read = TimeOfDay(*divmod((hour_of_day * 60 + minute) % MINUTES_OF_A_DAY, 60))
    is_spoken = found["hour"] in _HOUR_WORDS or into or side or found.get("clock")
    if day_part or not is_spoken or not 1 <= hour <= 12 or found["hour"] in _NAMED:
        return read
    other = f"{(read.hour + 12) % 24:02}:{read.minute:02}"
    note = f"“{typed}” is read as {read.hour:02}:{read.minute:02}: write {other} if you mean that."
    return replace(read, note=note)


def _number(word: str | None) -> int:
    """Return the number that a word of the shapes stands for."""
    for table in (_HOUR_WORDS, _MINUTE_WORDS, _NAMED, _EAST_ASIAN_HOURS, _EAST_ASIAN_MINUTES):
        if word in table:
            return table[word]
    return int(word or 0)


def _hour_of_day(hour: int, day_part: str) -> int | None:
    """Return an hour of the 24; None if there is no such hour in that part of the day."""
    is_impossible = hour > (12 if day_part == "am" else 23) or (day_part == "pm" and not hour)
    if is_impossible:
        return None
    if day_part == "midday":
        return hour + 12 if hour < 6 else hour
    if day_part == "pm" or (day_part == "night" and 6 <= hour < 12):
        return hour + 12 if hour < 12 else hour
    return 0 if hour == 12 and day_part else hour
