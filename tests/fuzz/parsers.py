"""Fuzz one parser with atheris, guided by the code that its inputs reach (`make fuzz`).

    python -m tests.fuzz.parsers html -max_total_time=600 -max_len=20000

What follows the name are libFuzzer's options. An input that takes longer than -timeout seconds
(here 10) counts as a crash; the input is then in a file crash-… or timeout-….
"""

import sys

import atheris

with atheris.instrument_imports(include=["ingest", "json", "html", "rag.records"]):
    from tests.fuzz.targets import check

SEEDS = {
    "html": (
        b"<div data-target='DailyPapers' data-props='"
        b'{"dailyPapers": [{"paper": {"title": "T", "summary": "A."}}]}\'>'
    ),
    "text": b"Dec 8\n\nTitle\n\nAn abstract.\n\n\xe2\x80\xa2 6 authors\n\xc2\xb7\nJul 25, 2024 3\n",
    "daily": b'[{"paper": {"id": "2501.00001", "title": "T", "summary": "A.", "upvotes": 1}}]',
    "atom": (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2501.00001</id>'
        b"<title>T</title><summary>A.</summary></entry></feed>"
    ),
    "lines": b'{"title": "T", "abstract": "A.", "published_on": "2025-01-01"}\n',
    "list": b'[{"title": "T", "abstract": "A.", "keywords": ["k"], "upvotes": 3}]',
    "markdown": (
        b"Title: T\n\nURL Source: https://arxiv.org/html/2501.00001\n\nMarkdown Content:\n"
        b"###### Abstract\n\nA.\n\n## 1 Method\n\nWe train $x_{i}$ x_{i}x_{i} on "
        b"[2](#bib.bib2) **two** GPUs for \\sim 3 hours.\n\n"
        b"| a | b |\n| --- | --- |\n| rate | 3e-4 |\n\n## References\n\n- R.\n"
    ),
}


def edited(seed: bytes, choices: "atheris.FuzzedDataProvider") -> bytes:
    """Return the seed with up to eight pieces of it replaced, repeated or moved."""
    data = seed
    for _ in range(choices.ConsumeIntInRange(1, 8)):
        start = choices.ConsumeIntInRange(0, len(data))
        end = choices.ConsumeIntInRange(start, min(len(data), start + 64))
        new = choices.ConsumeBytes(choices.ConsumeIntInRange(0, 32))
        repeats = choices.ConsumeIntInRange(0, 40)
        data = data[:start] + new + data[start:end] * repeats + data[end:]
    return data


def main() -> None:
    """Fuzz the target that the first argument names."""
    name, *options = sys.argv[1:]
    assert check(name, SEEDS[name]), "the seed has a record, so that its edits reach the parser"

    def test_one_input(data: bytes) -> None:
        check(name, data)
        check(name, edited(SEEDS[name], atheris.FuzzedDataProvider(data)))

    atheris.Setup([sys.argv[0], "-timeout=10", *options], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
