"""What a body says, however odd it is."""

from typing import Any

import pytest

from rag.llm.server_complaint import MAX_SAID, complaint_of


def nested(depth: int, *, key: str = "error") -> dict[str, Any]:
    body: Any = {"message": "no"}
    for _ in range(depth):
        body = {key: body}
    return dict(body)


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        (None, ""), ("", ""), ([], ""), (7, ""), ({}, ""), ({"error": {}}, ""),
        ({"error": None, "message": "no"}, "“no”"),
        ({"error": "no"}, "“no”"),
        ({"message": {"why": 1}}, "“{'why': 1}”"),
        ({"detail": ["odd", {"msg": "too small"}, {"loc": [1]}]}, "“too small; {'loc': [1]}”"),
        ('{"error": {"message": "no"}}', "“no”"),
        ('{"error": {"message": "cut o', '“{"error": {"message": "cut o”'),
        ("[1, 2]", "“[1, 2]”"),
        (nested(5_000), "“no”"),
        (nested(5_000, key="x"), ""),
        ("<html><body>no title", "a web page"),
        ("  <!DOCTYPE HTML PUBLIC><HTML><TITLE>\n Bad\n Gateway </TITLE>",
         "a web page, “Bad Gateway”"),
    ],
)  # fmt: skip
def test_any_body_is_read(body: object, quoted: str) -> None:
    assert complaint_of(body).quoted() == quoted


def test_a_long_text_is_cut() -> None:
    quoted = complaint_of("word " * 100_000).quoted()
    assert len(quoted) <= MAX_SAID + 2
    assert quoted.endswith("…”")
