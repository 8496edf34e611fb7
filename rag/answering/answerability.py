"""Whether a question is answered at all by the paper that comes nearest to it.

Off-topic questions, near misses and details that no abstract states look like any other question
to a ranking: something is always the nearest. Six signs tell them apart, put together by a
logistic regression (`python -m tests.benchmarks.refusals` fits it and draws the trade-off).
"""

import math
import re
from typing import NamedTuple

import numpy as np

from rag.encoders.word_vectors import WordVectors
from rag.query.request import Request
from rag.records import Hit, Paper
from rag.text.names import COMMON_NAMES, system_names
from rag.text.sentences import split_sentences
from rag.text.words import STOPWORDS, fold, terms, words

# A line a detail: the words that ask for it or state it. A hyphen stands for a space too.
_DETAILS = """
gpu tpu a100 h100 v100 rtx vram hardware gpu-hour gpu-day
epoch
learning-rate lr warmup
batch-size
optimizer optimiser adam adamw sgd
hyperparameter hyper-parameter
dropout weight-decay temperature random-seed
licence license licensed mit-licence apache gpl cc-by commercially commercial
dollar usd euro price salary
wage pay paid payment compensated
carbon co2 electricity kwh watt
fid inception-score
bleu rouge meteor cider
psnr ssim lpips
perplexity
wer word-error-rate
latency millisecond throughput fps frames-per-second
funding funded grant sponsor
reviewer rebuttal accepted rejected
neurips nips iclr icml cvpr iccv eccv acl emnlp aaai naacl
pytorch jax tensorflow keras
docker pip conda install installation
email e-mail
university affiliation
significance p-value confidence-interval variance standard-deviation
inter-annotator annotator-agreement kappa
demographic gender
ethics irb consent copyright
android ios iphone raspberry jetson
quantization quantized quantisation quantised int8 int4 4-bit 8-bit gguf
swahili arabic hindi japanese korean german french spanish russian portuguese italian vietnamese
"""


def _pattern(line: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word).replace(r"\-", r"[\s-]") for word in line.split())
    return re.compile(rf"(?<![\w-])(?:{words})(?:s|es)?(?!\w)", re.IGNORECASE)


_PATTERNS = [_pattern(line) for line in _DETAILS.split("\n") if line]


def lacks_detail(question: str, text: str) -> bool:
    """Return whether the question asks for a detail of which the text does not speak."""
    return any(pattern.search(question) and not pattern.search(text) for pattern in _PATTERNS)


_JOINT = re.compile(r"[-‐‑'’.]")
# A capital or a digit beside a letter, or a capital inside the question.
_NAMELIKE = re.compile(
    r"\b(?=\w*[A-Za-z])(?:\w*[A-Z]\w*[A-Z\d]\w*|\w+\d\w*|(?<=[\w,;] )[A-Z]\w+)\b"
)
_HOW_MANY = re.compile(r"\b(?:how many|number of)\s+([\w-]+)(?:\s+([\w-]+))?", re.IGNORECASE)
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twice|half|dozens?)\b",
    re.IGNORECASE,
)


class Signs(NamedTuple):
    """What speaks for and against; `named`: the question says which paper it is about."""

    cosine: float  # of the question and the paper's nearest chunk
    coverage: float  # of the question's words by the paper's, rare words counting more, 0 to 1
    lacks_detail: float  # 1: asks for a detail of a kind that the paper does not mention
    lacks_names: float  # how many names of the question the paper does not have
    has_number: float  # 0: asks how many of something, and no sentence has a number of them
    named: float  # 0 or 1


# In the order of Signs; docs/evaluation.md says on which questions they were fitted.
WEIGHTS = (4.906, 4.909, -3.840, -1.811, 3.045, 0.590)
BIAS = -8.079


class Support:
    """Judges how likely the nearest paper answers the question."""

    def __init__(self, word_vectors: WordVectors) -> None:
        self.word_vectors = word_vectors

    def probability(self, signs: Signs) -> float:
        """Return how likely the question is answered, 0 to 1."""
        logit = BIAS + sum(w * x for w, x in zip(WEIGHTS, signs, strict=True))
        return 1 / (1 + math.exp(-logit))

    def signs(self, asked: Request, paper: Paper, cosine: float) -> Signs:
        """Read the signs; `cosine` is that of the question and the paper's nearest chunk."""
        text = f"{paper.title} {paper.abstract}"
        meant = asked.pointed or asked.named
        own = {word for known in meant for name in system_names(known) for word in words(name)}
        return Signs(
            cosine=cosine,
            coverage=self._coverage(
                [word for word in words(asked.topic) if word not in own],
                text,
                is_english=asked.language == "en",
            ),
            lacks_detail=float(lacks_detail(asked.topic, text)),
            # In German every noun looks like a name.
            lacks_names=float(asked.language == "en" and _names_missing(asked.topic, text, own)),
            # Translated word by word, what is counted no longer stands behind "how many".
            has_number=float(asked.language != "en" or _has_number(asked.topic, paper)),
            named=float(bool(meant)),
        )

    def _coverage(self, asked: list[str], text: str, *, is_english: bool) -> float:
        """Return how far the text has the asked words, or words that are used like them.

        What is left of another language after translation says nothing against a paper.
        """
        stems = set(terms(text))
        has = {
            part: _stem(part) in stems or part in stems for word in asked for part in _parts(word)
        }
        parts = [part for part in has if is_english or has[part] or self.word_vectors.knows(part)]
        if not parts:
            return 1.0
        found = [word for word in dict.fromkeys(words(text)) if word not in STOPWORDS]
        exact = np.array([has[part] for part in parts], dtype=float)
        near = self.word_vectors.similarity(parts, found).max(axis=1, initial=0.0)
        weights = np.array([self.word_vectors.rarity(part) for part in parts])
        return float((weights * np.maximum(exact, near)).sum() / weights.sum())


def nearest(hits: list[Hit], paper: Paper) -> float:
    """Return the cosine with which a paper was found."""
    return next((hit.cosine for hit in hits if hit.paper == paper), 0.0)


def _parts(word: str) -> list[str]:
    """Return the content words of a joined word: "text-to-music" → text, music."""
    return [part for part in _JOINT.split(word) if len(part) > 1 and part not in STOPWORDS]


def _stem(word: str) -> str:
    return (terms(word) or [word])[-1]


def _names_missing(question: str, text: str, own: set[str]) -> int:
    """Return how many names of the question stand nowhere in the text."""
    folded = fold(text)
    return sum(
        name not in COMMON_NAMES and fold(name) not in folded and not set(words(name)) <= own
        for name in dict.fromkeys(_NAMELIKE.findall(question))
    )


def _has_number(question: str, paper: Paper) -> bool:
    """Return whether a number of what is counted is told; True where nothing is counted."""
    match = _HOW_MANY.search(question)
    counted = {_stem(word) for word in match.groups() if word} if match else set()
    return not counted or any(
        _NUMBER.search(sentence) and counted & set(terms(sentence))
        for sentence in split_sentences(paper.abstract)
    )
