"""Compares papers in a table: for each aspect the sentence of each abstract that states it, if any.

Patterns ("we collect", "outperforms", "https://") score the sentences, not vectors, so the table is
always the same, and an empty cell means that the abstract has no such words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import QuestionError
from rag.records import Paper
from rag.text.directives import is_directive
from rag.text.sentences import Role, gist, split_sentences

MIN_PAPERS, MAX_PAPERS = 2, 4
MIN_SCORE = 1.0  # of a sentence that states an aspect
BACKGROUND_PENALTY = 0.5  # for a sentence about the work of others
POINTER_PENALTY = 0.5  # for a sentence that only says where the code is
REUSE_PENALTY = 0.5  # for a sentence that is quoted for another aspect already


@dataclass(frozen=True, slots=True)
class Aspect:
    """One row of the table, and how well a sentence states it.

    `signs` are patterns with their weights. `before_gist`, `after_gist` and `right_after_gist` are
    added for a sentence's position relative to the one that presents the work.
    """

    name: str
    signs: tuple[tuple[re.Pattern[str], float], ...]
    before_gist: float = 0.0
    after_gist: float = 0.0
    right_after_gist: float = 0.0
    allows_background: bool = False  # sentences about the work of others get no penalty
    allows_pointers: bool = False  # nor do sentences about where the code is

    def score(self, sentence: str, position: int = 0) -> float:
        """Return how clearly a sentence states this aspect; the gist has `position` 0."""
        if is_directive(sentence):
            return 0.0
        score = sum(weight for sign, weight in self.signs if sign.search(sentence))
        score += (
            self.before_gist * (position < 0)
            + self.after_gist * (position > 0)
            + self.right_after_gist * (position == 1)
        )
        role = Role.of(sentence)
        if role.background and not role.own_work and not self.allows_background:
            score -= BACKGROUND_PENALTY
        if role.pointer and not self.allows_pointers:
            score -= POINTER_PENALTY
        return score


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table; each row is an aspect's name and one quote per paper, empty if there is none."""

    papers: tuple[Paper, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def _sign(pattern: str, weight: float) -> tuple[re.Pattern[str], float]:
    return re.compile(pattern, re.IGNORECASE), weight


_THINGS = (
    r"(?:images?|videos?|clips?|examples?|samples?|instances?|pairs?|questions?|queries|tasks?|"
    r"documents?|sentences?|tokens?|hours?(?= of\b)|frames?|problems?|conversations?|dialog\w*|"
    r"recipes?|annotations?|captions?|prompts?|trajectories|scenes?|episodes?|papers?|languages?|"
    r"instructions?|records?|demonstrations?|categories|patients?)"
)
_NUMBER = r"\d[\d,.]*\s?(?:[kmb]\b|million|billion|trillion|thousand)?\+?"

_ARTEFACT = r"(?:code|codebase|weights|checkpoints?|implementation|scripts|repository|models)"

WHAT = "What it is"
ASPECTS = (
    Aspect("What was missing", before_gist=0.2, after_gist=-0.4, allows_background=True, signs=(
        _sign(r"\b(?:however|yet|despite|unfortunately|although|while|but|whereas)\b", 0.4),
        _sign(r"\b(?:remain\w*|challeng\w+|struggl\w+|limit(?:ed|s|ation)\w*|suffer\w*|overlook\w*"
              r"|lack\w*|fail\w*|hard|difficult|costly|expensive|slow|ignor\w+|neglect\w*|scarce"
              r"|underexplored|unclear|bottleneck\w*|hinder\w*|prone|insufficient|drawbacks?|shortcomings?"
              r"|weak\w*|poor(?:ly)?|inaccura\w+|inefficien\w+|unreliabl\w+|hardly|rarely|seldom"
              r"|harm\w*|degrad\w+|obstacles?|little is known|misaligned)\b", 0.7),
        _sign(r"\b(?:existing|current|prior|previous|recent|traditional|conventional|most|earlier"
              r"|often|usually|many)\b", 0.3),
        _sign(r"\b(?:do|does|can|could|is|are)(?: ?not|n['’]t)\b", 0.4),
        _sign(r"\b(?:we|our|experiments?|results?)\b", -0.6),
    )),
    Aspect("How it works", before_gist=-1.0, after_gist=0.2, right_after_gist=0.3, signs=(
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
        _sign(r"\b(?:unlike|instead of|without|rather than)\b|\bexisting (?:\w+ )?(?:data ?sets|"
              r"benchmarks|corpora)\b|\b(?:no|eliminat\w+|remov\w+|avoid\w*|reduc\w+) (?:the )?need"
              r"\b", -0.5),
        # How fast a model is: "90 frames per second".
        _sign(rf"\b{_THINGS}\s?(?:/|per|a|each)\s?(?:s|sec|seconds?|minutes?|hour|day|GPU)\b",
              -0.8),
    )),
    Aspect("Results", before_gist=-0.6, after_gist=0.1, allows_background=True, signs=(
        _sign(r"\d\s?\\?%|\d\s?(?:x|×|times|points?|fold)\b|\d\.\d", 0.6),
        _sign(r"\b(?:outperform|surpass|improv|achiev|reach|exceed|reduc|gain|state-of-the-art|sota|"
              r"higher|lower|faster|better|best|accura|score|beat|halv|cut|speed-?up|compar|match|"
              r"find|yield|attain|deliver|boost)\w*", 0.6),
        _sign(r"\b(?:experiments?|results?|evaluat\w+|show|demonstrat\w+|reveal\w*|find)\b", 0.4),
        _sign(r"\b(?:significant|consistent|competitive|comparable|superior|remarkabl|notabl)\w*",
              0.3),
        _sign(r"\b(?:room for|future|we hope|aims? to)\b", -0.6),
    )),
    Aspect("Code", allows_pointers=True, signs=(
        _sign(r"https?://", 1.0),
        _sign(r"\b(?:videos?|audio|demos?|youtube|youtu)\b", -0.5),
        _sign(rf"\b{_ARTEFACT}\b[^.]{{0,60}}\b(?:available|releas\w+|open-?sourc\w+|accessible|"
              r"found at)", 1.0),
        _sign(rf"\b(?:releas|open-?sourc|publish|provid)\w*\b[^.]{{0,60}}\b{_ARTEFACT}\b", 1.0),
    )),
)  # fmt: skip


def compare(papers: Sequence[Paper]) -> Comparison:
    """Return the table of these papers.

    A sentence is quoted for a second aspect only if no other one states that nearly as clearly.
    """
    columns = [_column(paper) for paper in papers]
    names = (WHAT, *(aspect.name for aspect in ASPECTS))
    return Comparison(tuple(papers), tuple(zip(names, zip(*columns, strict=True), strict=True)))


def require_distinct(papers: Sequence[Paper]) -> list[Paper]:
    """Return the papers; raise QuestionError if one of them is named twice."""
    ids = [paper.paper_id for paper in papers]
    duplicate = next((paper for paper in papers if ids.count(paper.paper_id) > 1), None)
    if duplicate:
        raise QuestionError(f"“{duplicate.title}” is named twice: compare it with another paper.")
    return list(papers)


def _column(paper: Paper) -> tuple[str, ...]:
    """Return a paper's quotes, beginning with its gist."""
    sentences = split_sentences(paper.abstract)
    quotes = [gist(paper.abstract)]
    gist_index = sentences.index(quotes[0]) if quotes[0] else 0
    for aspect in ASPECTS:
        scores = {s: aspect.score(s, n - gist_index) for n, s in enumerate(sentences)}
        fitting = [sentence for sentence in sentences if scores[sentence] >= MIN_SCORE]
        for sentence in scores.keys() & set(quotes):
            scores[sentence] -= REUSE_PENALTY
        quotes.append(max(fitting, key=lambda sentence: scores[sentence], default=""))
    return tuple(quotes)
