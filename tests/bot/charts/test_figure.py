"""Text that the font can draw."""

from bot.charts import figure


def test_characters_that_the_font_lacks_are_omitted() -> None:
    assert figure.drawable("论文 α → β 🙂 ok\x00") == "α → β ok"
