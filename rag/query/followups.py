"""Resolves follow-up questions: "it", "the second one", "and last month?"."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rag.arxiv_id import find_mentions
from rag.query.list_places import choices_after, choose, up_to_list
from rag.query.parser import paper_facts
from rag.query.positions import find_choices, without_choices
from rag.query.request import FACT_HEADINGS, Fact, Kind, Past, Request
from rag.records import Paper, Turn
from rag.text.words import terms

# Kinds that never refer back, and those that are answered by a list, which a follow-up may change.
ALONE: tuple[Kind, ...] = ("bot", "small talk", "off topic")
WITH_SLOTS: tuple[Kind, ...] = ("list", "advice", "summary", "trending", "concept", "count")
SHOWN_LIST = Request(topic="", kind="list")  # without a question: it is these very papers
CHANGEABLE = (
    "window", "organization", "organizations", "author", "author_names", "coauthors", "alike",
    "with_code", "without_code", "excluded", "order", "limit",
)  # fmt: skip
# Facts whose words ask for something else as often: "who annotated it?", "when does it fail?".
OFTEN_INSIDE: frozenset[Fact] = frozenset({
    "date", "authors", "author count", "organization", "comments", "results", "limits",
})  # fmt: skip
SURE = 0.9  # probability of a kind that is taken as it is
MIN_FOLLOW_UP = 0.2  # probability of a follow-up beside a likelier kind
MIN_INSIDE = 0.75  # probability that a question asks what a paper says inside …
MIN_INSIDE_OF_CHAT = 0.4  # … if it is unsure whether it is to be answered from papers at all

HISTORY_TOKENS = 800  # budget for earlier turns; the newest are kept
CHARACTERS_PER_TOKEN = 4  # roughly
MAX_FOLLOWUP_TERMS = 3  # content terms of a question that may refer back to the one before

_NOUN = r"(?:one|paper|article|model|method|approach|system|result|entry)"
_SIMILAR = re.compile(r"\b(?:similar|related|alike|like (?:it|this|that|these|those))\b", re.I)
_SINGULAR = re.compile(
    r"\b(?:its|(?<!is )it)\b|\bis it\b(?! (?:possible|better|true|worth|known|still|really)\b)"
    rf"|\b(?:this|that) {_NOUN}\b"
    # "The paper on …" describes one of its own.
    r"|\bthe (?:paper|authors?)\b(?! (?:on|about|with|that|which|from|by|of|who|for|where|behind) )"
    r"|\b(?:is|was|does|do|did|of|with|about|to|than|wrote|published|made) (?:this|that)\b"
    r"|\b(?:this|that)\W*$",  # but not "robots that fold"
    re.IGNORECASE,
)
_IT_OR_THIS = re.compile(r"\b(?:it|this|that)\b", re.IGNORECASE)
_PLURAL = re.compile(
    rf"\b(?:they|them|their|theirs|these|those|both|each|(?:these|those|the) {_NOUN}s"
    r"|which (?:one|of the two))\b",
    re.IGNORECASE,
)
_THE_ONE_WITH = re.compile(
    r"\b(?:the|only the|which|those|just those) (?:ones? |\d+ |two |three |four |five )?"
    r"(?:with|that|who|which|for|from|about|on|using|by)\b"
    r"|\bwhich (?:ones?|of \w+) (?:has|have|is|are|got|should|would)\b"
    r"|\bthe (?:most|least|newest|oldest|latest|best) (?:\w+ )?one\b",
    re.IGNORECASE,
)
# "Attention and its cost", "which paper is on birds and what did it find?": the pronoun refers to
# a word of the question itself.
_OWN_ANTECEDENT = re.compile(
    r"\b(?!what|how|who|why|that|this|it|so)\w{3,} (?:and|or|with) (?:its|their|them)\b"
    r"|\b(?:which|what|an?|any|some) (?:[\w-]+ ){0,3}?(?:papers?|articles?|works?|stud(?:y|ies))\b"
    r"(?! (?:is|are|was|were|do|does|did|can|has|have) (?:it|they|this|that)\b)"
    r"[^.?!]*?(?:,|\band\b)[^.?!]*?\b(?:its?|they|them|their)\b",
    re.IGNORECASE,
)
_COMPARISON = re.compile(
    r"\b(?:compare\w*|comparison|versus|vs|differ\w*|both|each|which (?:one|of the two))\b",
    re.IGNORECASE,
)
_CONTINUATION = re.compile(
    r"^\W*(?:and|what about|how about|same for|ok|so|then|only|just|nope?|nah|i meant?|rather"
    r"|actually|instead)\b",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"\b(?:how|who|whose|what|why|does|do|did|is|are|was|were|when|where|which|can|any)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:more|next|continue|go on|keep going|further|others?|rest|remaining)\b", re.IGNORECASE
)
_NARROWS = re.compile(r"\b(?:only|just|of (?:them|these|those)|among|which)\b", re.IGNORECASE)
_OF_THEM = re.compile(r"\b(?:of|among) (?:them|these|those)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[?!.,:;]\W*$")
_NAME = re.compile(  # but "from MIT"
    r"(?<!from )(?<!at )(?<!in )(?<!on )(?<!with )(?<!by )(?<!using )(?<!than )(?<!like )(?<!to )"
    r"\b[^\W_][\w-]*[A-Z\d][\w-]*"
)
_PAPERS = re.compile(r"\b(?:papers?|articles?|works?)\b", re.IGNORECASE)


def has_papers(past: Sequence[Past]) -> bool:
    """Return whether an earlier answer cited papers, to which a question may refer."""
    return any(turn.papers for turn in past)


def resolve(request: Request, past: Sequence[Past]) -> Request:
    """Return the request with everything that it refers back to.

    A question that refers back to papers is about those only. One that names papers itself refers
    back to none, unless it compares them with an earlier one.
    """
    if not past or request.kind in ALONE:
        return request
    text = request.text or request.topic
    if _is_about_unread(request, text):
        is_open = request.kind == "follow-up"
        return replace(request, kind="content") if is_open else request
    refers = refers_back(text) or bool(_CONTINUATION.search(text) or _THE_ONE_WITH.search(text))
    follows = request.kind == "follow-up" or request.follow_up >= MIN_FOLLOW_UP
    if request.kind in WITH_SLOTS and not refers and not follows:
        return request
    if request.kind == "content" and follows:
        request = replace(request, kind="follow-up")
    is_unsure = follows or request.certainty < SURE
    if is_unsure and _SIMILAR.search(text) and not request.named and not request.slot_topic:
        request = replace(request, kind="similar")
    if request.kind == "advice" and refers and not request.slot_topic:  # "which one first?"
        before = past[-1].request
        if before.kind in WITH_SLOTS:
            return replace(before, kind="advice", order="most upvotes", limit=1, offset=0)
    if (
        (follows or refers)
        and request.kind != "similar"
        and (continued := _continue_list(request, past))
    ):
        return continued
    resolved = _resolve(request, past)
    if request.kind == "similar" and not request.named:
        return replace(request, pointed=resolved.pointed or past[-1].papers)
    settled = _settle(resolved)
    return replace(settled, other=None) if settled.pointed else settled


def _up_to_list(text: str, past: Sequence[Past]) -> Sequence[Past]:
    """Return the conversation up to its last list, if the text chooses papers from a list."""
    is_choice = choices_after(text, past) or _OF_THEM.search(text)
    return up_to_list(past) if is_choice else past


def _is_about_unread(request: Request, text: str) -> bool:
    """Return whether a question is about a paper that is not known, and about no earlier one.

    What a pronoun refers to stands before it: "2501.12345, what is it?" is about that id, "does it
    cite 2501.12345?" is not.
    """
    if request.named or _COMPARISON.search(text) or find_choices(text):
        return False
    starts = [mention.start for mention in find_mentions(text)]
    starts += [text.find(name) for name in request.unread]
    if not starts:
        return False
    before = text[: max(0, min(starts))]
    return not refers_back(before) or bool(_CLAUSE_END.search(before))


def _continue_list(request: Request, past: Sequence[Past]) -> Request | None:
    """Return the list before, continued or narrowed: "more", "only those with code", "december".

    None if the request does not modify it.
    """
    text = request.text or request.topic
    last = _up_to_list(text, past)[-1]
    before = last.request
    if before.kind not in WITH_SLOTS or request.named:
        return None
    among = last.papers if before == SHOWN_LIST else before.pointed
    if chosen := choices_after(text, past):
        places = [place for choice in chosen for place in choice.places]
        number = places[0].first if len(places) == 1 and places[0].is_number else 0
        is_listed = before.kind in ("list", "advice", "summary", "trending")
        # "The 15th" is rather a day than a number.
        is_behind = number > before.offset + len(last.papers) and not request.window
        if not (is_listed and is_behind) or before == SHOWN_LIST:
            return None
        return replace(before, offset=number - 1, limit=1, pointed=among)
    if not request.asks_more and _MORE.search(text):
        return replace(before, offset=before.offset + len(last.papers), pointed=among)
    if _THE_ONE_WITH.search(text) and request.organizations:
        from_there = tuple(p for p in last.papers if p.organization in request.organizations)
        if len(from_there) == 1:
            return replace(request, kind="paper", pointed=from_there)
    # "With code" narrows a list; of one paper it asks for the code.
    by_code = request.with_code or request.without_code
    asks_fact = set(request.facts) - ({"code"} if by_code else set())
    changes: dict[str, Any] = {
        name: value for name in CHANGEABLE if (value := getattr(request, name))
    }
    if request.slot_topic:
        topic = _CONTINUATION.sub("", request.slot_topic).strip() or request.slot_topic
        narrows = bool(_NARROWS.search(text)) and bool(before.topic)
        changes["topic"] = f"{before.topic} {topic}" if narrows else topic
    elif not changes or request.asks_more or asks_fact:
        return None
    if by_code and len(last.papers) < 2:  # "is the code out?"
        return None
    if by_code:
        changes |= {"with_code": request.with_code, "without_code": request.without_code}
    if request.excluded:
        changes["excluded"] = tuple(dict.fromkeys((*before.excluded, *request.excluded)))
    if before.kind in ("summary", "trending") and changes.keys() - {"window", "order", "limit"}:
        changes["kind"] = "list"
        order = before.order or ("most upvotes" if before.kind == "trending" else None)
        changes.setdefault("order", order)
    if before == SHOWN_LIST and {"window", "topic"} & changes.keys() and not _NARROWS.search(text):
        among = ()  # "and yesterday?"
    return replace(before, offset=0, parts=(), pointed=among, **changes)


def _settle(request: Request) -> Request:
    """Return the request with the kind that answers what it asks of the papers it refers to."""
    # "What is new about it?" is no summary of days.
    is_about_papers = request.pointed and request.kind in ("summary", "trending")
    if request.kind != "follow-up" and not is_about_papers:
        return request
    if not request.pointed:
        return replace(request, kind="content")
    # "How long does it train?" asks for a sentence, "how does it work?" for what the paper is.
    asks = _QUESTION_WORD.search(request.topic) and len(_content_terms(request)) > 1
    is_particular = bool(request.asks_more or asks) and not request.facts
    kind: Kind = "content" if is_particular or request.compares else "paper"
    return replace(request, kind=kind)


def _resolve(request: Request, past: Sequence[Past]) -> Request:
    """Return the request with the papers, the topic or the days that its words refer back to."""
    last = past[-1]
    topic = without_choices(request.topic)
    text = request.topic if request.window else request.text or request.topic
    chosen, missing = choose(choices_after(text, past), past)
    if missing and not (chosen or request.named):
        return replace(request, no_such_number=missing)
    if pointed := _referenced_papers(request, topic, past, chosen):
        compares = len(pointed) > 1 and bool(_COMPARISON.search(request.topic))
        return replace(request, topic=" ".join(topic.split()), pointed=pointed, compares=compares)
    if choices_after(request.text, past):  # of a list that there is not
        return request
    continues = bool(_CONTINUATION.search(request.topic))
    content = _content_terms(request)
    if request.named:
        return _ask_of_named(request, last.request) if continues and not content else request
    if not content and (continues or not _PAPERS.search(request.topic)):
        return _modify_last(request, last)
    if content and request.several and _PAPERS.search(request.topic):
        return request  # "and which papers are on …?" asks about all papers
    if len(content) > MAX_FOLLOWUP_TERMS or not (continues or len(content) < MAX_FOLLOWUP_TERMS):
        return request
    # A digest's many papers mention almost everything, so a word in common says nothing.
    has_topic = bool(last.request.topic)
    if has_topic and _QUESTION_WORD.search(request.topic) and _mention(last.papers, content):
        return replace(request, pointed=last.papers)
    if continues and last.request.several:  # "which papers are on X?", "and on Y?"
        return replace(last.request, topic=_CONTINUATION.sub(" ", request.topic).strip(), named=())
    if continues:
        return replace(last.request, topic=f"{last.request.topic} {request.topic}")
    return request


def chooses_from_list(text: str) -> bool:
    """Return whether a text chooses papers by their numbers, like "number 3" or "two of them"."""
    return bool(find_choices(text) or _OF_THEM.search(text))


def asks_inside(request: Request) -> bool:
    """Return whether a request after one about a paper rather asks what that paper says inside.

    "How many epochs?" then counts no papers, "when does it break?" asks for no day, and "is the
    dataset public?" is about no bot.
    """
    is_of_catalogue = set(request.facts) - OFTEN_INSIDE
    if is_of_catalogue or _PAPERS.search(request.text) or chooses_from_list(request.text):
        return False
    may_be_chat = request.kind in ALONE and request.certainty < SURE
    return request.inside >= (MIN_INSIDE_OF_CHAT if may_be_chat else MIN_INSIDE)


def inside(request: Request, paper: Paper) -> Request:
    """Return the request as one for what this paper says; its words narrow no list."""
    return Request(
        topic=request.text,
        text=request.text,
        asked=request.asked,
        facts=tuple(fact for fact in request.facts if fact in FACT_HEADINGS),
        named=request.named,
        pointed=(paper,),
        language=request.language,
        answer_in=request.answer_in,
        reader=request.reader,
        certainty=request.inside,
        inside=request.inside,
    )


def is_short(request: Request) -> bool:
    """Return whether a question has so few words that without a paper it asks nothing."""
    return len(_content_terms(request)) < MAX_FOLLOWUP_TERMS


def refers_back(topic: str) -> bool:
    """Return whether the question has a word that refers back, like "its" or "the second one"."""
    topic = _OWN_ANTECEDENT.sub(" ", topic)
    return bool(_SINGULAR.search(topic) or _PLURAL.search(topic) or find_choices(topic))


def _referenced_papers(
    request: Request, topic: str, past: Sequence[Past], chosen: Sequence[Paper]
) -> tuple[Paper, ...]:
    """Return the papers to which the chosen positions and pronouns refer."""
    last = past[-1].papers
    listed = _up_to_list(request.text or request.topic, past)[-1].papers
    topic = _OWN_ANTECEDENT.sub(" ", topic)
    refers_to_last = bool(_IT_OR_THIS.search(topic))
    is_mixed = bool(chosen and request.named) or (refers_to_last and (chosen or request.named))
    if is_mixed and _COMPARISON.search(topic):
        return tuple(dict.fromkeys([*last[:refers_to_last], *chosen, *request.named]))
    if chosen or request.named:
        return tuple(chosen)
    if len(listed) > 1 and _THE_ONE_WITH.search(topic):
        return listed
    if _PLURAL.search(topic) or (_SINGULAR.search(topic) and not _THE_ONE_WITH.search(topic)):
        return listed if _OF_THEM.search(topic) else last
    asks_for_papers = request.several and _PAPERS.search(topic)  # "which papers are about …?"
    is_fact = request.facts and (request.kind == "follow-up" or not _content_terms(request))
    if is_fact and not asks_for_papers and not _names_another(request, last):
        return last
    return ()


def _names_another(request: Request, papers: Sequence[Paper]) -> bool:
    """Return whether a question has a word like a paper's name that these papers do not contain."""
    text = request.text or request.topic
    if text.isupper():
        return False
    asked, content = without_choices(text), _content_terms(request)
    names = [name for name in _NAME.findall(asked) if not paper_facts(name)]
    named = [name for name in names if not set(terms(name)).isdisjoint(content)]
    return any(not _mention(papers, terms(name)[:1]) for name in named)  # joined, not its parts


def _ask_of_named(request: Request, before: Request) -> Request:
    """Return the question before about the papers that this one names: "and Vitron?"."""
    words = (word for word in before.topic.split() if before.name_terms.isdisjoint(terms(word)))
    topic = f"{' '.join(words)} {request.topic}"
    return replace(before, topic=topic, named=request.named, pointed=())


def _modify_last(request: Request, last: Past) -> Request:
    """Return the question before with this one's days, order or facts in place of its own."""
    changes = {
        name: value
        for name in ("window", "authors", "organization", "author", "order", "count", "facts")
        if (value := getattr(request, name))
    }
    if not changes:
        return replace(request, pointed=last.papers)  # "why?", "and how?"
    if request.organization:
        changes["organizations"] = request.organizations
    if request.author:
        changes |= {key: getattr(request, key) for key in ("author_names", "coauthors", "alike")}
    return replace(last.request, **changes)


def _content_terms(request: Request) -> list[str]:
    """Return the terms of the topic without names of papers and words that refer back."""
    text = without_choices(_CONTINUATION.sub(" ", request.topic))
    found = dict.fromkeys(terms(_PAPERS.sub(" ", text)))
    return [term for term in found if term not in request.name_terms]


def _mention(papers: Sequence[Paper], content: Sequence[str]) -> bool:
    """Return whether these papers contain any of the terms."""
    found = {term for p in papers for term in terms(f"{p.title} {p.abstract}")}
    return bool(papers) and (not content or any(term in found for term in content))


def truncate_history(turns: Sequence[Turn]) -> list[Turn]:
    """Return the latest turns whose questions fit into HISTORY_TOKENS, oldest first.

    A list that was shown at the beginning has no question, and stays.
    """
    latest: list[Turn] = []
    room = HISTORY_TOKENS * CHARACTERS_PER_TOKEN
    for turn in reversed(turns):
        room -= len(turn.question)
        if room >= 0 or not turn.question:
            latest.append(turn)
    return latest[::-1]
