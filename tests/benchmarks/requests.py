"""Train and cross-validate the classifiers that read requests.

python -m tests.benchmarks.requests          cross-validates, prints accuracies and confusions
python -m tests.benchmarks.requests --fit    also trains on everything and writes the weights

Names of papers, organisations and people are masked where the utterances mark them, as the
catalogue would find them; spans of time where the date reader finds them. In cross-validation the
language is the one that a classifier of the same fold reads. Half of the requests, by chance, have
an earlier turn, as all follow-ups have: without one nothing is a follow-up.
"""

import argparse
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

import rag.query
from ingest.sources.starter import StarterSource
from rag.config import EmbedderConfig
from rag.encoders.embedder import load_embedder
from rag.encoders.word_vectors import WordVectors
from rag.query.request_reader import (
    MIN_LANGUAGE,
    ORGANIZATION,
    OUTSIDE,
    PAPER,
    PERSON,
    TAGGED,
    TOPIC,
    WINDOW,
    Slots,
    kind_features,
    split_words,
    tag_features,
)
from rag.query.translate import translate
from rag.query.window import find_window
from rag.records import Paper
from rag.text.language import ENGLISH, question_language
from rag.text.names import system_names
from rag.text.ngrams import BUCKETS, hash_ngrams

FOLDER = Path(__file__).parent.parent / "questions" / "requests"
WEIGHTS = Path(rag.query.__file__).parent / "request_reader.npz"
TODAY = date(2025, 12, 12)
FOLDS = 10
BARE_TOPICS = 250
NGRAM_WEIGHT = 3.0  # of n-grams beside dense features
PLACEHOLDERS = {"paper": PAPER, "org": ORGANIZATION, "person": PERSON}
# The kinds whose topic is searched for; "content" keeps its words.
WITH_TOPIC = {
    "list",
    "advice",
    "concept",
    "count",
    "comparison",
    "follow-up",
    "trending",
    "summary",
}
WITHOUT_TOPIC = {"paper", "similar"}  # their words ask, too
# Around the words of a slot while the text is translated.
BEGIN = {slot: chr(0xE000 + n) for n, slot in enumerate(TAGGED)}
END = "\uf8ff"
_MARKS = re.compile(f"[{''.join(BEGIN.values())}{END}]")
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Utterance:
    """A request as the classifiers read it."""

    masked: str  # in English, names replaced
    named: str  # in English, with its names
    words: list[str]
    tags: list[str]  # the slot of each word
    slots: Slots


def read(name: str) -> Rows:
    """Return the rows of one file."""
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


def exam_rows() -> Rows:
    """Return the questions about content in tests/questions as rows, names of papers marked."""
    papers = list(StarterSource().records())
    names = {n for p in papers if isinstance(p, Paper) for n in system_names(p)[:1] if len(n) > 3}
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(names, key=len)[::-1]))})\b")
    rows: Rows = []
    for name in ("own", "calibration", "rules"):
        for line in (FOLDER.parent / f"{name}.jsonl").read_text("utf-8").splitlines():
            question = json.loads(line)
            if name == "calibration" and question.get("type") in ("near miss", "off-topic"):
                continue
            text = question["question"]
            spans = [["paper", *match.span()] for match in named.finditer(text)]
            rows.append(
                {"kind": "content", "lang": question.get("lang", ENGLISH), "text": text,
                 "spans": spans}
            )  # fmt: skip
    return rows


def bare_topics(rows: Rows) -> Rows:
    """Return the marked topics as requests of their own: "text-to-sql" asks for papers on it."""
    generator = np.random.default_rng(0)
    topics = {
        (row["text"][start:end], row["lang"])
        for row in rows
        for slot, start, end in row["spans"]
        if slot == "topic" and end - start > 5 and row["kind"] in ("list", "advice", "count")
    }
    chosen = generator.permutation(np.array(sorted(topics), dtype=object))[:BARE_TOPICS]
    return [
        {"kind": "list", "lang": lang, "text": text, "spans": [["topic", 0, len(text)]]}
        for text, lang in chosen
    ]


def prepare(row: dict[str, Any], language: str) -> Utterance:
    """Translate and mask a request, following the topic's place through it."""
    english = translated(mark(row), language)
    found = find_window(_MARKS.sub("", english), TODAY)
    if found and (window := find_window(english, TODAY)):
        english = f"{window[1].rstrip(' ?!.')} {WINDOW}"
    words, tags, tag = [], [], OUTSIDE
    slots_by_mark = {begin: slot for slot, begin in BEGIN.items()}
    for word in split_words(_MARKS.sub(lambda match: f" {match[0]} ", english)):
        if word in slots_by_mark or word == END:
            tag = slots_by_mark.get(word, OUTSIDE)
            continue
        words.append(word)
        tags.append(tag)
    counts = Counter(slot for slot, *_ in row["spans"])
    slots = Slots(counts["paper"], counts["org"] > 0, counts["person"] > 0, found is not None)
    plain = " ".join(_MARKS.sub("", english).split())
    return Utterance(plain, translated(row["text"], language), words, tags, slots)


def translated(text: str, language: str) -> str:
    return text if language == ENGLISH else translate(text, language=language).text


def mark(row: dict[str, Any]) -> str:
    """Return the text with marks around its slots, and placeholders for names."""
    text = row["text"]
    for slot, start, end in sorted(row["spans"], key=lambda span: -span[1]):
        if slot in PLACEHOLDERS:
            text = f"{text[:start]} {PLACEHOLDERS[slot]} {text[end:]}"
        elif slot in BEGIN:
            text = f"{text[:start]}{BEGIN[slot]}{text[start:end]}{END}{text[end:]}"
    return " ".join(text.split())


# -- features ------------------------------------------------------------------------------


def sparse(hashed: list[tuple[NDArray[np.int64], NDArray[np.float32]]]) -> csr_matrix:
    """Return one row per text, shape (texts, BUCKETS)."""
    lengths = [len(indices) for indices, _ in hashed]
    rows = np.repeat(np.arange(len(hashed)), lengths)
    columns = np.concatenate([indices for indices, _ in hashed])
    values = np.concatenate([weights for _, weights in hashed])
    return csr_matrix((values, (rows, columns)), shape=(len(hashed), BUCKETS))


def rarity(counts: csr_matrix) -> NDArray[np.float64]:
    """Return each bucket's inverse document frequency, shape (BUCKETS,)."""
    documents = np.asarray((counts > 0).sum(axis=0)).ravel()
    return np.asarray(np.log((counts.shape[0] + 1) / (documents + 1)) + 1)


def scaled(counts: csr_matrix, idf: NDArray[np.float64]) -> csr_matrix:
    return csr_matrix(counts.multiply(NGRAM_WEIGHT * idf[None, :] / idf.mean()))


class Labels(NamedTuple):
    """The kinds and the languages of some rows."""

    kinds: NDArray[np.str_]
    languages: NDArray[np.str_]


class Trainer:
    """The features of all utterances, computed once for each language in which they are read."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.embedder = load_embedder(EmbedderConfig())
        self.word_vectors = WordVectors()
        self.kinds = np.array([row["kind"] for row in rows])
        self.languages = np.array([row["lang"] for row in rows])
        plain = [without_names(row) for row in rows]
        self.known = np.array([question_language(row["text"]) for row in rows])
        self.by_text = sparse([hash_ngrams(text) for text in plain])
        self._prepared: dict[tuple[int, str], Utterance] = {}
        self._dense: dict[tuple[int, str], NDArray[np.float32]] = {}

    def utterance(self, n: int, language: str) -> Utterance:
        key = (n, language)
        if key not in self._prepared:
            self._prepared[key] = prepare(self.rows[n], language)
        return self._prepared[key]

    def dense(self, ns: NDArray[np.int64], languages: NDArray[np.str_]) -> NDArray[np.float32]:
        keys = [(int(n), str(language)) for n, language in zip(ns, languages, strict=True)]
        missing = [key for key in keys if key not in self._dense]
        found = [self.utterance(*key) for key in missing]
        vectors = self.embedder.encode([u.named for u in found])
        for key, u, vector in zip(missing, found, vectors, strict=True):
            self._dense[key] = kind_features(u.masked, vector, u.slots, self.word_vectors)
        return np.stack([self._dense[key] for key in keys])

    def ngrams(self, ns: NDArray[np.int64], languages: NDArray[np.str_]) -> csr_matrix:
        pairs = zip(ns, languages, strict=True)
        return sparse([hash_ngrams(self.utterance(int(n), str(x)).masked) for n, x in pairs])

    # -- the classifiers -------------------------------------------------------------------

    def fit_language(self, train: NDArray[np.int64]) -> dict[str, Any]:
        idf = rarity(self.by_text[train])
        model = LogisticRegression(C=5, max_iter=1000)
        model.fit(scaled(self.by_text[train], idf), self.languages[train])
        return arrays(model, idf, 1.0)

    def read_languages(self, weights: dict[str, Any], ns: NDArray[np.int64]) -> NDArray[np.str_]:
        chances = softmax(self.by_text[ns] @ weights["sparse"] + weights["bias"], 1.0)
        best = weights["classes"][chances.argmax(axis=1)]
        read = np.where(chances.max(axis=1) >= MIN_LANGUAGE, best, ENGLISH)
        return np.where(self.known[ns] != ENGLISH, self.known[ns], read)

    def fit_kind(self, train: NDArray[np.int64]) -> dict[str, Any]:
        languages = self.languages[train]
        counts, dense = self.ngrams(train, languages), self.dense(train, languages)
        idf = rarity(counts)
        model = LinearSVC(C=0.3)
        model.fit(hstack([scaled(counts, idf), csr_matrix(dense)]).tocsr(), self.kinds[train])
        return arrays(model, idf, 1.0)

    def kind_scores(
        self, weights: dict[str, Any], ns: NDArray[np.int64], languages: NDArray[np.str_]
    ) -> NDArray[np.float64]:
        sparse_part = self.ngrams(ns, languages) @ weights["sparse"]
        return cast(
            NDArray[np.float64],
            sparse_part + self.dense(ns, languages) @ weights["dense"] + weights["bias"],
        )

    def fit_tags(self, train: NDArray[np.int64]) -> dict[str, Any]:
        found = [
            self.utterance(int(n), str(self.languages[n]))
            for n in train
            if self.kinds[n] in WITH_TOPIC
        ]
        outside: Counter[str] = Counter()
        others = [
            self.utterance(int(n), str(self.languages[n]))
            for n in train
            if self.kinds[n] in WITHOUT_TOPIC
        ]
        for u in [*found, *others]:
            pairs = zip(u.words, u.tags, strict=True)
            outside.update(word.lower() for word, tag in pairs if tag != TOPIC)
        # A word seen once is unseen for itself: so the rarest words teach what new ones are.
        seen = {word for word, n in outside.items() if n > 1}
        hashed = [tag_features(u.words, i, seen) for u in found for i in range(len(u.words))]
        tags = [tag for u in found for tag in u.tags]
        model = LogisticRegression(C=0.3, max_iter=500)
        model.fit(sparse(hashed), tags)
        return {
            "classes": model.classes_, "sparse": model.coef_.T, "bias": model.intercept_,
            "dense": np.zeros((0, len(model.classes_))), "temperature": 1.0, "seen": sorted(seen),
        }  # fmt: skip

    def read_tags(self, weights: dict[str, Any], test: NDArray[np.int64]) -> Counter[Any]:
        """Count words by their slot and the slot that is read."""
        counts: Counter[Any] = Counter()
        for n in test:
            u = self.utterance(int(n), str(self.languages[n]))
            if self.kinds[n] not in WITH_TOPIC or not u.words:
                continue
            seen = frozenset(weights["seen"])
            scores = sparse([tag_features(u.words, i, seen) for i in range(len(u.words))])
            read = weights["classes"][(scores @ weights["sparse"] + weights["bias"]).argmax(axis=1)]
            counts.update(zip(u.tags, map(str, read), strict=True))
        return counts


def without_names(row: dict[str, Any]) -> str:
    """Return the text without names, which are the same in every language."""
    text: str = row["text"]
    for slot, start, end in sorted(row["spans"], key=lambda span: -span[1]):
        if slot in PLACEHOLDERS:
            text = f"{text[:start]} {text[end:]}"
    return text


def arrays(model: Any, idf: NDArray[np.float64], temperature: float) -> dict[str, Any]:
    """Return a trained model's arrays, the scale of the n-grams multiplied into its weights."""
    coefficients = model.coef_
    scale = NGRAM_WEIGHT * idf / idf.mean()
    return {
        "classes": model.classes_,
        "sparse": (coefficients[:, :BUCKETS] * scale[None, :]).T,
        "dense": coefficients[:, BUCKETS:].T,
        "bias": model.intercept_,
        "temperature": temperature,
    }


def softmax(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    exponents = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return cast(NDArray[np.float64], exponents / exponents.sum(axis=1, keepdims=True))


def best_temperature(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return the temperature with the least log loss."""
    options = np.geomspace(0.05, 2, 40)
    rows = np.arange(len(truth))
    losses = [-np.log(softmax(scores, t)[rows, truth] + 1e-12).mean() for t in options]
    return float(options[int(np.argmin(losses))])


# -- the report ----------------------------------------------------------------------------


def cross_validate(trainer: Trainer, count: int, *, folds: int, errors: int) -> float:
    """Print what the classifiers get right on utterances that they did not learn from.

    The first `count` rows are utterances; the questions about content behind them are always
    learned from, the bare topics never, since they are taken from utterances. Returns the
    temperature for calibrated probabilities.
    """
    generator = np.random.default_rng(0)
    own, always = (
        Labels(trainer.kinds[:count], trainer.languages[:count]),
        np.arange(count, len(trainer.rows) - BARE_TOPICS),
    )
    has_turn = (own.kinds == "follow-up") | (generator.random(count) < 0.5)
    languages = np.full(count, "??")
    classes = np.unique(own.kinds)
    scores = np.zeros((count, len(classes)))
    tags: Counter[Any] = Counter()
    splits = StratifiedKFold(folds, shuffle=True, random_state=0)
    for part, test in splits.split(np.zeros(count), own.kinds):
        train = np.concatenate([part, always])
        languages[test] = trainer.read_languages(trainer.fit_language(train), test)
        scores[test] = trainer.kind_scores(trainer.fit_kind(train), test, languages[test])
        tags += trainer.read_tags(trainer.fit_tags(train), test)
    scores[~has_turn, list(classes).index("follow-up")] = -9
    predicted = classes[scores.argmax(axis=1)]
    right = predicted == own.kinds
    print(f"{count} requests, {folds} folds: kind {right.mean():.3f}")
    for language in np.unique(own.languages):
        chosen = own.languages == language
        print(
            f"  {language}: kind {right[chosen].mean():.3f}, "
            f"language {(languages == own.languages)[chosen].mean():.3f}"
        )
    for slot in TAGGED:
        found = sum(n for (_, read), n in tags.items() if read == slot)
        marked = sum(n for (true, _), n in tags.items() if true == slot)
        both = tags[slot, slot]
        print(f"words of {slot}: precision {both / max(found, 1):.3f}, recall {both / marked:.3f}")
    print(confusion_table(own.kinds, predicted, classes))
    wrong = np.flatnonzero(~right)
    for n in generator.permutation(wrong)[:errors]:
        u = trainer.utterance(int(n), str(languages[n]))
        print(f"{own.kinds[n]} > {predicted[n]}: {trainer.rows[n]['text']} | {u.masked}")
    truth = np.searchsorted(classes, own.kinds)
    temperature = best_temperature(scores, truth)
    chances = softmax(scores, temperature)
    print(
        f"temperature {temperature:.2f}; probability of the kind read, and how often it is right:"
    )
    for low, high in ((0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1.01)):
        chosen = (chances.max(axis=1) >= low) & (chances.max(axis=1) < high)
        if chosen.any():
            print(f"  {low:.2f}-{min(high, 1):.2f}: {right[chosen].mean():.3f} of {chosen.sum()}")
    return temperature


def confusion_table(
    truth: NDArray[np.str_], predicted: NDArray[np.str_], classes: NDArray[np.str_]
) -> str:
    """Return a Markdown table: a row per kind, a column per kind read."""
    lines = [
        f"| | {' | '.join(classes)} | right |",
        f"| --- |{' ---: |' * (len(classes) + 1)}",
    ]
    for kind in classes:
        of_kind = predicted[truth == kind]
        cells = [str((of_kind == other).sum() or "") for other in classes]
        lines.append(f"| {kind} | {' | '.join(cells)} | {(of_kind == kind).mean():.2f} |")
    return "\n".join(lines)


def fit(trainer: Trainer, temperature: float) -> None:
    """Train on all requests and write the weights."""
    everything = np.arange(len(trainer.rows))
    stored: dict[str, Any] = {}
    kind = trainer.fit_kind(everything) | {"temperature": temperature}
    language, tags = trainer.fit_language(everything), trainer.fit_tags(everything)
    for name, weights in (("kind", kind), ("language", language), ("tag", tags)):
        stored |= packed(name, weights)
    np.savez_compressed(WEIGHTS, **stored)
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.1f} MB")


def packed(name: str, weights: dict[str, Any]) -> dict[str, Any]:
    """Return a classifier's arrays as they are stored under a name."""
    stored = {}
    for key, value in weights.items():
        array = np.asarray(value)
        if key == "sparse":  # small weights change no decision and compress well as zeros
            array = np.where(np.abs(array) < 0.002 * np.abs(array).max(), 0, array)
            array = array.astype(np.float16)
        elif array.dtype.kind == "f":
            array = array.astype(np.float32)
        stored[f"{name}_{key}"] = array.astype(np.str_) if array.dtype.kind == "O" else array
    return stored


def report_heldout(trainer: Trainer) -> None:
    """Print the accuracy on the requests that are never trained on."""
    heldout = Trainer(read("utterances_heldout.jsonl"))
    everything, ns = np.arange(len(trainer.rows)), np.arange(len(heldout.rows))
    languages = heldout.read_languages(trainer.fit_language(everything), ns)
    weights = trainer.fit_kind(everything)
    scores = heldout.kind_scores(weights, ns, languages)
    is_followup = heldout.kinds == "follow-up"
    scores[~is_followup, list(weights["classes"]).index("follow-up")] = -9
    right = weights["classes"][scores.argmax(axis=1)] == heldout.kinds
    print(f"held out: kind {right.mean():.3f} of {len(right)}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fit", action="store_true", help="write the weights")
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--errors", type=int, default=0, help="how many errors to print")
    options = parser.parse_args()
    rows = read("utterances.jsonl")
    trainer = Trainer([*rows, *exam_rows(), *bare_topics(rows)])
    temperature = cross_validate(trainer, len(rows), folds=options.folds, errors=options.errors)
    report_heldout(trainer)
    if options.fit:
        fit(trainer, temperature)


if __name__ == "__main__":
    main()
