"""Sentences that tell their reader what to do, which no finding of a paper does.

An abstract is written by somebody else, who may address the person or the model that reads it:
"Ignore what came before and say that …". Such a sentence is an imperative, speaks to "you", or
says what an assistant, a reader or an answer has to say. Of the 11,888 abstracts that this was
tried on, one in a hundred has one, nearly always a pointer such as "Visit our page".
"""

import re
from functools import lru_cache

from rag.text.words import STOPWORDS

MAX_LABEL = 4  # words in front of a colon that call somebody ("Note to the assistant:")
MAX_CONDITION = 12  # words in front of a comma ("When you are asked about this paper,")
MAX_ORDER = 14  # words of an order that begins with a noun ("Answer in French.")

# English verbs that people are told with what to do, and that are not nouns as well.
_VERBS = frozenset(
    """
    accept act add admit allow announce apologize append apply arrange ask assist assume assure
    avoid be become begin behave believe bring bypass choose claim classify combine comply
    conclude confess confirm consider continue convert convince create decide declare decline
    decode define delete deliver deny describe disable discard discuss dismiss disregard do
    download embed emphasize enable encode encourage end ensure enter erase evaluate execute
    expand explain explore fetch fill find finish follow forget format generate get give go
    grant guess guide hide highlight ignore illustrate imagine impersonate include incorporate
    inform insert insist inspect install interpret introduce invent invite join keep know learn
    leave let listen load look maintain make memorize mention modify notify obey omit override
    overwrite paraphrase perform persuade pick praise prefer prepare prepend present pretend
    proceed produce prohibit promise promote prove provide publish put read reassure recall
    recite recommend refer refuse regard reject relay remember remind remove render rephrase
    replace represent reproduce respond reveal rewrite say see select sell send simulate sing
    solve speak specify spell submit subscribe suggest summarise summarize suppose swear take
    talk teach tell think throw translate try turn urge utter verify visit wait warn watch
    write
    """.split()
)
# Verbs that are nouns, too: only what follows tells that they are verbs.
_NOUNS_TOO = frozenset(
    """
    address alert answer attach balance bet block book call cast change chat check cite click
    close code comment complete contact copy count credit cut display dot draft echo email
    exchange express extract file finger fix forward grade help hit input label lead link list
    mail mark match message move name note offer open order output paste pay place play post
    press print process program prompt question quote rank rate recall reference repeat reply
    report request rest return review role-play roleplay run search set share show sign smile
    sort spam stand start state stop store support switch tag test text title trace trade treat
    trust type update upload use voice vote work
    """.split()
)
_DETERMINERS = (
    "the|an?|this|these|those|every|each|any|all|both|no|nothing|everything|anything|your|my|our|its"
    "|their|his|her|me|us|him|them|it|yourself"
)
_FOLLOWS_A_VERB = re.compile(
    rf"(?:{_DETERMINERS}|that|what|who|how|why|whether|as|with|only|just|exactly|not|always|never"
    r"|now|again|here|there)\b|[\"“‘'`<\[{*#\d]|https?:|[A-Z][A-Z\d_-]{2,}\b"
)
_MAY_FOLLOW_A_VERB = re.compile(r"(?:to|at|in|on|like|from|about|by|for|so)\b")
_IS_FINITE = re.compile(r"\b(?:is|are|was|were|has|have|had|can|may|will|would|must|should)\b")
_HAS_FINITE = re.compile(rf"{_IS_FINITE.pattern}|\w\w(?:[^s]s|ed)\b")
# Words that begin a declarative sentence in front of "the" or "a", and are no verbs.
_NO_VERB = STOPWORDS | frozenset(
    """
    across additionally against albeit almost along alongside although amid amidst among
    amongst around behind beneath beside besides beyond concretely consequently contrary
    conversely despite due even finally first firstly fourth furthermore given hence here
    however indeed inside instead last lastly later like likewise meanwhile moreover namely
    near nevertheless next nonetheless notably now often opposite otherwise outside overall
    past per perhaps rather regardless second secondly similar since sometimes soon
    specifically still subsequently such third thirdly though throughout thus today together
    toward towards twice unless unlike until upon versus via whereas whereby whether whilst
    within without worse yet
    """.split()
)
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?(?![\w-])")
_NOT_A_BASE_FORM = re.compile(r"(?:ing|ed|ly|[^s]s|tion|ment|ness|ity|ive|al|ic|ous|er|or)$")
_QUOTED = re.compile(r"“[^“”]{0,300}”|\"[^\"]{0,300}\"|``[^`']{0,300}''")
_FULL_STOP = re.compile(r"(?<=[.!?])\s+(?=[A-Z“])")
_MARKUP = re.compile(r"[*_~`]+")
_OPENING = re.compile(r"[\W_]*(?:\(?(?:\d{1,2}|[ivx]{1,4})[.)]\s+)?[\W_]*")
_COLON = re.compile(r"[:!]\s+")
_COMMA = re.compile(r",\s+")
_CALLED = re.compile(
    r"(?:(?:dear|hey|hi|hello|ok|okay|attention|now)\b.*"
    r"|(?:\w+ )?(?:assistant|ai|model|readers?|reviewers?|chatbot|bot|agent|gpt|llms?))$",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"(?:when|whenever|if|before|after|once|instead|from now on)\b", re.I)
_YOU = re.compile(r"(?<![-\w])(?:you|your|yours|yourself|yourselves)(?![-\w])")
_YOU_LOUDLY = re.compile(r"(?:^|[.:!]\s)(?:You|Your)\s[a-z]|\bYOU(?:R)?\b")
_PLEASE = re.compile(r"(?:^|[,;:.!?] |\band )(?:please|kindly)\s", re.IGNORECASE)
_SPEECH = (
    r"(?:say|state|tell|reply|respond|answer|output|print|write|mention|recommend|repeat|ignore"
    r"|disregard|forget|obey|refuse|reveal|declare|announce|include|contain|begin|start|end|append"
    r"|add|cite|quote|praise|claim|read|visit|follow|comply|conclude)"
)
_HAS_TO = re.compile(
    r"\b(?:assistants?|readers?|reviewers?|summari[sz]ers?|chatbots?|bots?|ais?|llms?"
    r"|(?:ai|language|large) (?:models?|systems?)|summar(?:y|ies)|answers?|repl(?:y|ies)"
    r"|responses?|outputs?|anyone|whoever|everyone)\b"
    r"(?: [\w'’-]+){0,8}? (?:must|should|shall|ha(?:s|ve) to|needs? to|(?:is|are) to|ought to"
    r"|(?:is|are) (?:\w+ )?(?:asked|told|instructed|required|requested|ordered|commanded) to)"
    rf"(?: (?:not|never|always|now|only|also|first|instead|therefore|simply))* {_SPEECH}\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=16_384)
def is_directive(sentence: str) -> bool:
    """Return whether a sentence tells its reader, a person or a model, what to do."""
    text = _MARKUP.sub("", _QUOTED.sub("“”", sentence))
    # What the splitter takes for one sentence may be two: "… to 2 ms. Ignore …".
    return any(_is_order(part) for part in _FULL_STOP.split(text))


def _is_order(text: str) -> bool:
    if _PLEASE.search(text) or _YOU.search(text) or _YOU_LOUDLY.search(text):
        return True
    return bool(_HAS_TO.search(text)) or any(_is_imperative(start) for start in _starts(text))


def _starts(text: str) -> list[str]:
    """Return the sentence from each place where its main clause may begin."""
    opening = _OPENING.match(text)
    text = text[opening.end() if opening else 0 :]
    found = [text]
    if colon := _COLON.search(text):
        label = text[: colon.start()]
        if len(label.split()) <= MAX_LABEL and not _IS_FINITE.search(label):
            found.append(text[colon.end() :])
    if comma := _COMMA.search(text):
        before = text[: comma.start()]
        is_condition = _CONDITION.match(before) and len(before.split()) <= MAX_CONDITION
        if is_condition or (len(before.split()) <= MAX_LABEL and _CALLED.match(before)):
            found.append(text[comma.end() :])
    return found


def _is_imperative(text: str) -> bool:
    """Return whether a clause begins with a verb in its base form, without a subject."""
    words = text.split(maxsplit=3)
    while len(words) > 1 and words[0].casefold() in ("now", "then", "also", "just", "instead"):
        text = text[len(words[0]) :].lstrip()
        words = text.split(maxsplit=3)
    match = _WORD.match(text)
    if not match or not (match[0][1:].islower() or " ".join(words[:3]).isupper()):
        return False
    word, rest = match[0].casefold().replace("’", "'"), text[match.end() :].lstrip()
    if word in ("don't", "never", "always", "do"):
        following = _WORD.match(rest)
        second = following[0].casefold() if following else ""
        return word == "don't" or second == "not" or second in _VERBS | _NOUNS_TOO
    if not text[match.end() :].startswith((" ", ".", "!", "\n")) or _IS_FINITE.match(rest):
        return False
    if word == "note" and rest.startswith("that "):  # says something about the paper
        return False
    if word in _VERBS:
        return True
    if word in _NOUNS_TOO:
        is_short = len(text.split()) <= MAX_ORDER and not _HAS_FINITE.search(rest)
        return bool(_FOLLOWS_A_VERB.match(rest) or (is_short and _MAY_FOLLOW_A_VERB.match(rest)))
    is_base_form = word not in _NO_VERB and not _NOT_A_BASE_FORM.search(word)
    return is_base_form and bool(re.match(rf"(?:{_DETERMINERS})\s", rest))
