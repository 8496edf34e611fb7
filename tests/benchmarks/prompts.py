"""Measure the length of prompts, and whether they contain the sentences that answer.

    python -m tests.benchmarks.prompts --data-dir D QUESTIONS.jsonl

The questions are JSON lines with `kind`, `question` and `gold_sentences`; D contains their papers.
Tokens are those of the bundled encoder, about as many as a language model's. A refused question has
no prompt, and counts as one without its sentences.
"""

import argparse
import json
import statistics
from datetime import UTC, datetime
from pathlib import Path

from bot.app import open_library
from rag.answering.prompt import build_prompt
from rag.config import RagConfig
from rag.pipeline import PaperQA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("questions", type=Path)
    arguments = parser.parse_args()
    today = datetime.now(UTC).date()
    library = open_library(arguments.data_dir, RagConfig(), purpose="prompts")
    qa = PaperQA(library, RagConfig(), today=lambda: today)
    encode = library.word_vectors.tokenizer.encode
    tokens, has_one, has_all = [], [], []
    for item in map(json.loads, arguments.questions.read_text(encoding="utf-8").splitlines()):
        if item["kind"] != "answerable":
            continue
        quoted = qa.ask(item["question"])
        prompt = ""
        if not quoted.refused:
            request = build_prompt(quoted.standalone, quoted.evidence, today)
            prompt = "\n".join(message.text for message in request.messages)
            tokens.append(len(encode(prompt).ids))
        contained = [sentence in prompt for sentence in item["gold_sentences"]]
        has_one.append(any(contained))
        has_all.append(all(contained))
    print(f"{len(has_one)} questions, {len(tokens)} of them with a prompt")
    print(f"tokens: median {statistics.median(tokens):.0f}, at most {max(tokens)}")
    print(f"with a sentence that answers {statistics.mean(has_one):.3f}, "
          f"with all of them {statistics.mean(has_all):.3f}")  # fmt: skip
    library.close()


if __name__ == "__main__":
    main()
