"""Tells when somebody does something from when papers came out: "I present on Friday"."""

import re

from rag.query.dates import LONG_MONTHS

LIST = (
    r"(?:digest|sum up|summar\w+|overview|recap|round-?up|rundown|review|highlights|news|batch|list"
    r"|edition|ranking|stats|statistics|report|brief\w*|count|total|update)"
)
# "I was on holiday", "I have not read anything": somebody asks for what came out meanwhile.
AWAY = re.compile(
    r"\bback (?:from|after)\b|^\W*(?:gone|away|offline|sick|ill) (?:for|since)\b"
    r"|\b(?:I|I['’]ve|I['’]m|been|was|were|am|we)\b[^.?!]{0,40}?\b(?:away"
    r"|offline|off|out|gone|sick|ill|slept|busy|heads down|absent|holidays?|vacation|leave|abroad"
    r"|travel\w*|(?:not|\w*n['’]t|nothing|without) (?:\w+ )?(?:read|look|see|check)\w*)\b",
    re.IGNORECASE,
)
# What speaks of papers and when they came out.
_SPEAKS_OF_PAPERS = re.compile(
    r"\b(?:papers?|publications?|preprints?|articles?|works|models|methods|benchmarks|datasets"
    r"|came|come|publish\w*|releas\w*|appear\w*|new\w*|out|featured|posted|submitted"
    rf"|happen\w*|miss\w*|hot|trend\w*|any\w*|latest|best|top|popular|most|drop\w*|land\w*"
    rf"|hyped|upvoted|won|{LIST})\b",
    re.IGNORECASE,
)
# "My journal club is on Thursday", "my professor asked me yesterday"
_EVENT = re.compile(
    r"\b(?:club|reading group|meeting|interview|exam|lecture|seminar|deadline|professor|prof"
    r"|present(?:ing|ation)?|(?:my|a) talk|asked|told|colleague|due)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(r"\b(?:over|for|by|through|throughout|until|till)(?: the)?\s+$", re.I)
_DOING = re.compile(
    r"\b(?:runs?|ran|running|trains?|trained|training|(?:fine-?)?tun(?:e|es|ed|ing)|deploy\w*"
    r"|finish\w*|implement\w*|present\w*|reading|try|trying|I|I['’]m|we|my|our)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"(?<!\bDr)(?<!\bProf)(?<!\bvs)[,;:.?!](?=\s|$)|\s[–—-]\s")
_ASKS = re.compile(
    r"\b(?:what\w*|which|who\w*|how|why|when|where|does|do|is|are|can|did)\b", re.IGNORECASE
)
_NEAR = 30  # characters


def is_occasion(question: str, match: re.Match[str]) -> bool:
    """Return whether a time without a number is when somebody does something, not of papers.

    "Does it run over the weekend?", "I present on Friday: what does HeronNet count?"
    """
    if re.search(rf"\d|\b(?:{'|'.join(LONG_MONTHS)})\b", match[0], re.IGNORECASE):
        return False
    ends = [end.span() for end in _CLAUSE_END.finditer(question)]
    first = max((end for _, end in ends if end <= match.start()), default=0)
    last = min((start for start, _ in ends if start >= match.end()), default=len(question))
    before, behind = question[first : match.start()], question[match.end() : last]
    if AWAY.search(before):
        return False
    if "weekend" in match[0].casefold() and re.search(
        r"\bread(?: this| the)?\s*$", before, re.IGNORECASE
    ):
        return True
    *_, nearest = 0, *(spoken.end() for spoken in _SPEAKS_OF_PAPERS.finditer(before))
    if _EVENT.search(before, nearest) or (not nearest and _EVENT.search(behind[:_NEAR])):
        return True
    if _SPEAKS_OF_PAPERS.search(f"{before} {behind}"):
        return False
    elsewhere = f"{question[:first]} {question[last:]}"
    is_aside = bool(_ASKS.search(elsewhere)) and bool(_DOING.search(before))
    lasts = bool(_DURATION.search(f"{before} ")) or bool(_DURATION.match(match[0]))
    return is_aside or lasts or bool(re.search(r"\b(?:runs?|ran|trains?|trained)\b", before))
