import pytest

from rag.llm.thinking import without_thinking


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("It does [1].", "It does [1]."),
        ("<think>Hm, which?</think>It does [1].", "It does [1]."),
        ("<think>\n\n</think>\n\nIt does.", "\n\nIt does."),
        ("One. <think>Hm.</think>Two. <think>Hm!</think>Three.", "One. Two. Three."),
        ("Said. <think>Never closed", "Said. "),
        ("a < b and <thin", "a < b and <thin"),
        ("<<think>x</think>>", "<>"),
        ("", ""),
    ],
)
def test_thinking_is_not_shown_however_it_is_cut(said: str, shown: str) -> None:
    for size in (1, 2, 3, 5, 7, 100):
        pieces = [said[i : i + size] for i in range(0, len(said), size)]
        assert "".join(without_thinking(pieces)) == shown, size


def test_nothing_is_held_back_longer_than_it_must_be() -> None:
    pieces = ["It", " does", " <th", "ink>no</think>", "!"]
    assert list(without_thinking(pieces)) == ["It", " does", " ", "!"]
