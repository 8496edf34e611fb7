from dataclasses import replace

from rag.answering.evidence import EvidenceFinder, better_for_a_part
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
    request = Request(topic="how many herons?")
    evidence = [Evidence(HERON, f"word {n} " * 10, n, 1.0) for n in range(9)]
    assert len(finder(filled, max_sentences=2).choose(request, evidence)) == 2
    assert len(finder(filled, max_words=45).choose(request, evidence)) == 2
    assert len(finder(filled, max_words=20, max_sentences=9).choose(request, evidence)) == 1


def test_a_further_sentence_must_add_to_the_answer(filled: Library) -> None:
    best = Evidence(HERON, "It detects flocks.", 1, 1.0)
    plain = Evidence(HERON, "It is nice.", 2, 0.7)
    numbered = Evidence(HERON, "It finds 61 of them.", 3, 0.7)
    asked = Evidence(HERON, "It works at night.", 4, 0.7)
    choose = finder(filled).choose
    assert choose(Request(topic="what does it detect?"), [best, plain, numbered]) == [best]
    assert choose(Request(topic="how many are detected?"), [best, plain, numbered]) == [
        best,
        numbered,
    ]
    assert choose(Request(topic="does it detect at night?"), [best, plain, asked]) == [best, asked]


def test_another_part_of_the_question_gets_its_sentence(filled: Library) -> None:
    best = Evidence(HERON, "It detects flocks.", 1, 1.0)
    other = Evidence(HERON, "It was trained on film.", 2, 0.4)
    parts = [[replace(other, score=0.9), replace(best, score=0.3)]]
    chosen = finder(filled).choose(Request(topic="what is it?"), [best, other], parts)
    assert [e.sentence for e in chosen] == [best.sentence, other.sentence]
    assert better_for_a_part([[best, other]], best) is None


def test_another_paper_must_be_nearly_as_good(filled: Library) -> None:
    request = Request(topic="herons")
    config = RagConfig().evidence
    good = Evidence(HERON, "one", 1, 1.0)
    similar = Evidence(TIDAL, "two", 1, config.second_share + 0.01)
    weaker = Evidence(TIDAL, "two", 1, config.second_share - 0.01)
    choose = finder(filled).choose
    assert choose(request, [good, similar]) == [good, similar]
    assert choose(request, [good, weaker]) == [good]
    assert choose(request, [good, weaker], nearest=TIDAL) == [good, weaker]
    assert choose(request, []) == []
