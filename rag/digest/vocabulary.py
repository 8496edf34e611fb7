"""The vocabulary of topic names: keywords that many papers share, each with a mean vector."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from rag.retrieval.abstract_vectors import (
    CHUNKS,
    Vectors,
    decode_abstract_vector,
    main_embedder,
    of_one_size,
)
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex
from rag.store.rows import parse_strings
from rag.text.words import STOPWORDS, terms

MIN_PAPERS = 6  # with the same keyword, before it counts as a topic
PRIOR = 6  # average papers added to each topic, because a few papers say little about it
MAX_PAPERS = 8_000  # the newest papers whose keywords are read

# Words that occur in papers on any subject: a keyword of these words alone is not a topic.
VAGUE = frozenset(
    terms(
        """
        ability ablation accuracy achieve adaptive advance aime alignment analysis approach
        architecture artificial automated average baseline bench benchmark capability challenge
        coherence complex comprehensive computational consistency context cost cross curated
        current data dataset decision deep demonstrate design distribution domain downstream
        dynamic effective efficient efficiency embedding empirical encoder end enhance error
        evaluate evaluation experiment extensive feature fid fidelity field fine finetuning
        foundation framework general generalization generation generative gpt gradient hidden high
        imagenet improve inference information input instruction intelligence iterative key
        knowledge language large latency latent layer learn learning level limited livecodebench
        llm llms local long loss low machine mechanism method metric mllm mllms mode model
        modeling module multi multimodal natural network neural new novel open optimization output
        paper paradigm parameter perceptual perform performance perplexity pipeline policy post pre
        prior problem process prompt propose psnr quality question ratio real refinement relative
        representation research result robust robustness rule sample scalable scale scaling score
        scoring self semantic sequence series set setting shot similarity simple single source
        space spatial specific stage state step strategy structure structured study success
        supervised survey synthetic system target task technique temporal test text time token
        train trajectory training transformer tune tuning understanding unified use user value
        vision visual vlm vlms way wise without work world zero
        """
    )
)
# Names of fields, for a catalogue with too few papers to have a vocabulary of its own.
FIELDS = {
    " ".join(terms(field)): " ".join(field.split())
    for field in """
        3D generation, 3D reconstruction, agents, agentic systems, AI safety, attention,
        audio generation, autonomous agents, autonomous driving, autoregressive models, avatars,
        catastrophic forgetting, chain of thought, code generation, coding agents, computer use,
        continual learning, contrastive learning, deep research, depth estimation, diffusion,
        diffusion language models, diffusion models, diffusion transformers, distillation,
        document understanding, embodied agents, embodied AI, fact checking, flow matching,
        forecasting, Gaussian splatting, GUI agents, hallucinations, image editing,
        image generation, imitation learning, in context learning, instruction following,
        instruction tuning, interpretability, knowledge distillation, knowledge graphs, KV cache,
        language agents, long context, machine translation, math reasoning, mathematical reasoning,
        memory, mixture of experts, multi agent systems, multimodal reasoning,
        multimodal understanding, music generation, navigation, object detection, OCR,
        planning, policy optimization, preference optimization, pretraining, pruning,
        quantization, question answering, reasoning, reasoning models, recommendation,
        reinforcement learning, representation learning, reward models, retrieval,
        retrieval augmented generation, robot learning, robot manipulation, robotics, safety,
        scaling laws, scene understanding, scientific discovery, segmentation, self improvement,
        sparse attention, spatial reasoning, speculative decoding, speech, speech recognition,
        speech synthesis, super resolution, synthetic data, test time scaling, text to image,
        text to speech, text to video, time series, tokenization, tool use, unlearning,
        verifiable rewards, video editing, video generation, video understanding,
        vision language action models, visual generation, visual grounding, visual reasoning,
        world models
    """.split(",")
}  # fmt: skip
MIN_TOPICS = 100  # a catalogue with fewer topics uses FIELDS too
WORD = re.compile(r"[^\W_]+(?:[-.+][^\W_]+)*\+*")


class Vocabulary:
    """The topics of a catalogue, each identified by its stems joined by spaces.

    `vectors` maps a topic to the mean vector of its papers, relative to that of all papers;
    `counts` to its number of papers; `spellings` to the way it is written. `fields` holds FIELDS
    if the catalogue is small, and is empty otherwise.
    """

    def __init__(self, catalog: Catalog) -> None:
        papers = list(_keywords_and_vectors(catalog))
        keyword_counts = Counter(word for words, _ in papers for word in words)
        topics = _topics(keyword_counts)
        rows_of: dict[str, list[int]] = {topic: [] for topic in topics.values()}
        for row, (words, _) in enumerate(papers):
            for topic in {topics[word] for word in words if word in topics}:
                rows_of[topic].append(row)
        matrix = np.stack([vector for _, vector in papers]) if papers else np.empty((0, 0))
        mean = matrix.mean(axis=0) if papers else matrix
        # The prior shrinks the vector of a topic that has few papers.
        self.vectors = {
            topic: (matrix[rows] - mean).sum(axis=0) / (len(rows) + PRIOR)
            for topic, rows in rows_of.items()
            if len(rows) >= MIN_PAPERS
        }
        self.fields = FIELDS if len(self.vectors) < MIN_TOPICS else {}
        self.counts = {topic: len(rows) for topic, rows in rows_of.items()}
        self.spellings = dict(self.fields)
        for word, topic in topics.items():  # most frequent first
            if topic in self.vectors:
                self.spellings.setdefault(topic, word.partition("(")[0].strip())


def _topics(keyword_counts: Counter[str]) -> dict[str, str]:
    """Map each keyword that several papers have to its topic, most frequent first."""
    topics = {}
    for word, count in keyword_counts.most_common():
        if count < 2:
            break
        stems = stems_of(word)
        if is_specific(stems):
            topics[word] = " ".join(stems)
    return topics


@lru_cache(maxsize=1)
def _vocabulary(catalog: Catalog, version: int) -> Vocabulary:  # noqa: ARG001  # only a key
    return Vocabulary(catalog)


def vocabulary_of(catalog: Catalog) -> Vocabulary:
    """Return the vocabulary of a catalogue; it is computed again after papers were added."""
    return _vocabulary(catalog, KeywordIndex(catalog.database).version())


def _keywords_and_vectors(catalog: Catalog) -> Iterator[tuple[list[str], Vectors]]:
    """Yield the keywords and the vector of the newest papers that have keywords."""
    rows = catalog.database.connection.execute(
        f"SELECT keywords, vectors, {CHUNKS} AS chunks "
        "FROM papers JOIN chunk_vectors AS v ON v.paper = papers.id WHERE keywords != '[]' "
        "AND embedder = ? ORDER BY COALESCE(featured_on, published_on) DESC LIMIT ?",
        (main_embedder(catalog.database), MAX_PAPERS),
    )
    keywords, vectors = {}, {}
    for number, row in enumerate(rows):
        vector = decode_abstract_vector(row["vectors"], row["chunks"])
        with contextlib.suppress(ValueError):  # damaged keywords
            keywords[number] = sorted(set(parse_strings(row["keywords"])))
            if vector is not None:
                vectors[number] = vector
    for number, vector in of_one_size(vectors).items():
        yield keywords[number], vector


@lru_cache(maxsize=65_536)
def stems_of(keyword: str) -> tuple[str, ...]:
    """Return the stems of a keyword, without the part in brackets."""
    words = WORD.findall(keyword.partition("(")[0])
    return tuple(stem for word in words for stem in stems_of_word(word))


@lru_cache(maxsize=65_536)
def stems_of_word(word: str) -> tuple[str, ...]:
    """Return the stems of a word's hyphenated parts; none for a stopword."""
    if word.casefold() in STOPWORDS:
        return ()
    return tuple(stem for part in re.split(r"[-.]", word) for stem in terms(part))


def is_specific(stems: tuple[str, ...] | list[str]) -> bool:
    """Return whether a phrase is specific enough to name a topic."""
    if any(stem.isdigit() for stem in stems) or len("".join(stems)) < 3:
        return False
    return " ".join(stems) in FIELDS or not all(stem in VAGUE for stem in stems)
