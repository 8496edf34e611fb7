from rag.answering.evidence import EvidenceFinder
from rag.config import EvidenceConfig, RagConfig
from rag.library import Library
from rag.query.request import Request
from rag.records import Evidence
from tests.papers import HERON, TIDAL


def finder(library: Library, **options: object) -> EvidenceFinder:
    config = EvidenceConfig.model_validate(options)
    return EvidenceFinder(library.index, library.retriever.keywords, config)


def rank(library: Library, question: str) -> list[Evidence]:
    vector = library.embedder.encode_question(question)
    hits = library.retriever.search_vector(question, vector)
    return finder(library).rank(Request(topic=question), vector, hits)


def test_the_sentence_with_the_asked_words_comes_first(filled: Library) -> None:
    assert "61%" in rank(filled, "how many errors does the best model find?")[0].sentence
    assert rank(filled, "does it need retraining?")[0].sentence == "It needs no retraining."


def test_few_sentences_and_few_words_are_chosen(filled: Library) -> None:
    evidence = [Evidence(HERON, f"word {n} " * 10, n, 1.0) for n in range(9)]
    assert len(finder(filled, max_sentences=2).choose(evidence)) == 2
    assert len(finder(filled, max_words=45).choose(evidence)) == 2
    assert len(finder(filled, max_words=20, max_sentences=9).choose(evidence)) == 1


def test_another_paper_must_be_nearly_as_good(filled: Library) -> None:
    config = RagConfig().evidence
    good = Evidence(HERON, "one", 1, 1.0)
    similar = Evidence(TIDAL, "two", 1, config.second_share + 0.01)
    weaker = Evidence(TIDAL, "two", 1, config.second_share - 0.01)
    assert finder(filled).choose([good, similar]) == [good, similar]
    assert finder(filled).choose([good, weaker]) == [good]
    assert finder(filled).choose([]) == []
