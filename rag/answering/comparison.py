"""Papers side by side: for each aspect the sentence of each abstract that tells it, if one does.

A sentence is judged by what it says of itself ("we collect", "outperforms", "https://"), not by a
vector: so a cell says the same each time, and blank means that the abstract has no such words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import QuestionError
from rag.records import Paper
from rag.text.sentences import Role, gist, split_sentences

LEAST_PAPERS, MOST_PAPERS = 2, 4
BOUND = 1.0  # what the signs of a sentence have to come to
SECOND_HAND = 0.5  # taken off a sentence that speaks of what others do
POINTS_AWAY = 0.5  # and off one that only says where the code is
TAKEN = 0.5  # and, among those that fit, off one that tells another aspect already


@dataclass(frozen=True, slots=True)
class Aspect:
    """What the papers are compared in.

    Each sign is a pattern and what it counts for; `before`, `behind` and `next_to` are what the
    sentences before, behind and just behind the one that presents the work get.
    """

    name: str
    signs: tuple[tuple[re.Pattern[str], float], ...]
    before: float = 0.0
    behind: float = 0.0
    next_to: float = 0.0
    of_others: bool = False  # what others do, or is wrong with it, tells it as well
    points_away: bool = False  # so is where the code is

    def score(self, sentence: str, place: int = 0) -> float:
        """Return how plainly a sentence tells this aspect; `place` 0 is that of the gist."""
        score = sum(weight for sign, weight in self.signs if sign.search(sentence))
        score += self.before * (place < 0) + self.behind * (place > 0) + self.next_to * (place == 1)
        role = Role.of(sentence)
        if role.background and not role.own_work and not self.of_others:
            score -= SECOND_HAND
        if role.pointer and not self.points_away:
            score -= POINTS_AWAY
        return score


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table: `rows` holds an aspect's name and one quote a paper, empty where there is none."""

    papers: tuple[Paper, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def _sign(pattern: str, weight: float) -> tuple[re.Pattern[str], float]:
    return re.compile(pattern, re.IGNORECASE), weight


_THINGS = (
    r"(?:images?|videos?|clips?|examples?|samples?|instances?|pairs?|questions?|queries|tasks?|"
    r"documents?|sentences?|tokens?|hours?|frames?|problems?|conversations?|dialog\w*|recipes?|"
    r"annotations?|captions?|prompts?|trajectories|scenes?|episodes?|papers?|languages?|"
    r"instructions?|records?|demonstrations?|categories|patients?)"
)
_NUMBER = r"\d[\d,.]*\s?(?:[kmb]\b|million|billion|trillion|thousand)?\+?"

_MADE = r"(?:code|codebase|weights|checkpoints?|implementation|scripts|repository|models)"

WHAT = "What it is"
ASPECTS = (
    Aspect("What was missing", before=0.2, behind=-0.4, of_others=True, signs=(
        _sign(r"\b(?:however|yet|despite|unfortunately|although|while)\b", 0.4),
        _sign(r"\b(?:remain\w*|challeng\w+|struggl\w+|limit(?:ed|s|ation)\w*|suffer\w*|overlook\w*"
              r"|lack\w*|fail\w*|hard|difficult|costly|expensive|slow|ignor\w+|neglect\w*|scarce"
              r"|underexplored|unclear|bottleneck\w*|hinder\w*|prone|insufficient)\b", 0.7),
        _sign(r"\b(?:existing|current|prior|previous|recent|traditional|conventional|most)\b", 0.3),
        _sign(r"\b(?:do|does|can|could|is|are)(?: ?not|n['’]t)\b", 0.4),
        _sign(r"\b(?:we|our|experiments?|results?)\b", -0.6),
    )),
    Aspect("How it works", before=-1.0, behind=0.2, next_to=0.3, signs=(
        _sign(r"\b(?:consist|combin|employ|us|leverag|integrat|incorporat|utili[sz]|adopt|operat|"
              r"decompos|align|train|learn|optimi[sz]|replac|generat|encod|predict|select|build|"
              r"synthesi[sz]|updat|inject|fus|rely|map)(?:e?s|ing|e|ed|ies)?\b", 0.5),
        _sign(r"\b(?:by \w+ing|instead of|rather than|first\b.*\bthen|based on|via|through|"
              r"without \w+ing|specifically|in particular|two-stage|three-stage)\b", 0.4),
        _sign(r"\b(?:framework|architecture|module|mechanism|pipeline|strategy|loss|objective|"
              r"reward|encoder|decoder|attention|approach|method|model|policy|network)s?\b", 0.3),
        _sign(r"\b(?:outperform|surpass|state-of-the-art|experiments?|results?|evaluat|benchmarks?|"
              r"achiev|demonstrat|improves?|improvement|find|show)\w*\b|\d%", -0.7),
    )),
    Aspect("Data", signs=(
        _sign(r"\b(?:data ?sets?|corpus|corpora|benchmarks?|test sets?|(?:training|synthetic|"
              r"instruction|preference) data|testbed|[\w-]+(?:bench|-\d+[km]))\b", 0.6),
        _sign(rf"\b{_NUMBER}\s+(?:[\w-]+\s+){{0,3}}?{_THINGS}\b", 0.6),
        _sign(r"\b(?:pre-?train|train|fine-?tun|collect|curat|annotat|construct|synthesi[sz]|"
              r"compris|contain|consist(?:s|ing) of|spann|cover|introduc|releas|present|evaluat|"
              r"includ|sourc|creat|test)\w*", 0.4),
        _sign(r"\b(?:outperform|surpass|state-of-the-art|achiev|improv)\w*", -0.2),
        _sign(r"\b(?:unlike|instead of|without|rather than)\b", -0.5),
    )),
    Aspect("Results", before=-0.6, behind=0.1, of_others=True, signs=(
        _sign(r"\d\s?\\?%|\d\s?(?:x|×|times|points?|fold)\b|\d\.\d", 0.6),
        _sign(r"\b(?:outperform|surpass|improv|achiev|reach|exceed|reduc|gain|state-of-the-art|sota|"
              r"higher|lower|faster|better|best|accura|score|beat|halv|cut|speed-?up|compar|match|"
              r"find|yield|attain)\w*", 0.6),
        _sign(r"\b(?:experiments?|results?|evaluat\w+|show|demonstrat\w+|reveal\w*|find)\b", 0.4),
        _sign(r"\b(?:significant|consistent|competitive|comparable|superior|remarkabl|notabl)\w*",
              0.3),
        _sign(r"\b(?:room for|future|we hope|aims? to)\b", -0.6),
    )),
    Aspect("Code", points_away=True, signs=(
        _sign(r"https?://", 1.0),
        _sign(r"\b(?:videos?|audio|demos?|youtube|youtu)\b", -0.5),
        _sign(rf"\b{_MADE}\b[^.]{{0,60}}\b(?:available|releas\w+|open-?sourc\w+|accessible|"
              r"found at)", 1.0),
        _sign(rf"\b(?:releas|open-?sourc|publish|provid)\w*\b[^.]{{0,60}}\b{_MADE}\b", 1.0),
    )),
)  # fmt: skip


def compare(papers: Sequence[Paper]) -> Comparison:
    """Return the table of these papers.

    A sentence that another aspect of its paper has taken leaves the cell to one nearly as plain.
    """
    columns = [_column(paper) for paper in papers]
    names = (WHAT, *(aspect.name for aspect in ASPECTS))
    return Comparison(tuple(papers), tuple(zip(names, zip(*columns, strict=True), strict=True)))


def distinct(papers: Sequence[Paper]) -> list[Paper]:
    """Return the papers; raise QuestionError where one stands there twice."""
    ids = [paper.paper_id for paper in papers]
    twice = next((paper for paper in papers if ids.count(paper.paper_id) > 1), None)
    if twice:
        raise QuestionError(f"“{twice.title}” is named twice: compare it with another paper.")
    return list(papers)


def _column(paper: Paper) -> tuple[str, ...]:
    """Return a paper's quotes, what it is first."""
    sentences = split_sentences(paper.abstract)
    told = [gist(paper.abstract)]
    presents = sentences.index(told[0]) if sentences else 0
    for aspect in ASPECTS:
        scores = {s: aspect.score(s, n - presents) for n, s in enumerate(sentences)}
        fitting = [sentence for sentence in sentences if scores[sentence] >= BOUND]
        worth = {sentence: scores[sentence] - TAKEN * (sentence in told) for sentence in fitting}
        told.append(max(fitting, key=lambda sentence: worth[sentence], default=""))
    return tuple(told)
