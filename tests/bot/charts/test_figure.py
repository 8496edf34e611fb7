"""Text that the font can draw."""

from bot.charts import figure


def test_what_the_font_lacks_is_left_out() -> None:
    assert figure.drawable("论文 α → β 🙂 ok\x00") == "α → β ok"
