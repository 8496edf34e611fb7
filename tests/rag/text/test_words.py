from rag.text.words import terms, words


def test_joined_words_are_found_whole_and_in_parts() -> None:
    assert terms("Real-LOD") == ["reallod", "real", "lod"]
    assert terms("RealLOD") == ["reallod"]
    assert "gpt4o" in terms("GPT-4o's accuracy")


def test_stopwords_go_and_stems_stay() -> None:
    assert terms("Which of the papers are distilling models?") == ["paper", "distil", "model"]
    assert terms("what is it about?") == []


def test_accents_and_widths_are_folded() -> None:
    assert words("Géométrie ＡＢＣ") == ["geometrie", "abc"]
    assert words("😀 ???") == []
