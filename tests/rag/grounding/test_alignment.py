"""Words read in their sentences, and how near two texts come by them."""

import numpy as np
import pytest

from rag.encoders.embedder import Embedder, SentenceTransformerEmbeddings
from rag.grounding.alignment import REMEMBERED, Reader, nearness, read


def test_words_are_read_with_their_places(embedder: Embedder) -> None:
    assert isinstance(embedder.embeddings, SentenceTransformerEmbeddings)
    texts = ["Herons fly.", "Nobody knows how long a sentence can be.", ""]
    herons, nobody, nothing = read(embedder.embeddings, texts)
    assert [herons.text[a:b] for a, b in herons.spans][-2:] == ["fly", "."]
    assert np.allclose(np.linalg.norm(nobody.vectors, axis=1), 1, atol=0.01)
    assert nearness(herons, [herons]) == pytest.approx(1, abs=0.01)
    assert nearness(herons, [nobody]) < 0.5
    assert nearness(nothing, [herons]) == nearness(herons, [nothing]) == 0
    assert len(herons.part(0, 6).vectors) + len(herons.part(6, 99).vectors) == len(herons.vectors)


def test_stopwords_and_punctuation_say_nothing(embedder: Embedder) -> None:
    assert isinstance(embedder.embeddings, SentenceTransformerEmbeddings)
    (text,) = read(embedder.embeddings, ["The herons are in fog."])
    said = [text.text[a:b] for (a, b), says in zip(text.spans, text.says, strict=True) if says]
    assert "".join(said).endswith("fog")
    assert not {"The", "are", "in", "."} & set(said)


def test_words_can_be_left_out_by_their_places(embedder: Embedder) -> None:
    assert isinstance(embedder.embeddings, SentenceTransformerEmbeddings)
    (text,) = read(embedder.embeddings, ["Herons fly in fog."])
    left = text.without([(0, 6), (11, 13)])
    assert [text.text[a:b] for a, b in left.spans] == ["fly", "fog", "."]


@pytest.mark.slow
def test_a_reader_remembers_the_latest_texts(embedder: Embedder) -> None:
    assert isinstance(embedder.embeddings, SentenceTransformerEmbeddings)
    reader = Reader(embedder.embeddings)
    first = reader.read(["Herons fly.", "Herons fly."])
    assert list(first) == ["Herons fly."]
    assert reader.read(["Herons fly.", "Egrets swim."])["Herons fly."] is first["Herons fly."]
    reader.read([str(n) for n in range(REMEMBERED)])
    again = reader.read(["Herons fly."])["Herons fly."]
    assert again is not first["Herons fly."]
    assert nearness(again, [first["Herons fly."]]) == pytest.approx(1, abs=0.01)
