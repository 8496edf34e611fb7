"""What weak models write about HERON: texts of which nothing, or only the beginning, may be seen.

No paper of tests/papers.py and no question has a word of `NEVER_SEEN` in it.
"""

from datetime import date

from rag.answering.refusal import REFUSAL
from rag.records import Paper
from tests.papers import HERON

FIRST = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
SECOND = "It counts herons and egrets in drone video [1]."
GOOD = f"{FIRST} {SECOND}"
NEVER_SEEN = (
    *("walrus", f"({HERON.day})", "User", "Assistant:", "Question:", "Answer:", "square brackets"),
    *(
        "<|",
        "|>",
        "<think",
        "</think",
        "THINK]",
        "think▷",
        "reasoning>",
        "analysis",
        "assistantfinal",
    ),
)

LOOPS = {
    "words": "and the walrus and the herons " * 12,
    "one word": "herons " * 40,
    "a sentence": "The walrus sleeps on the ice [1]. " * 12,
    "a number": "It reaches 94.2" + "2" * 60,
    "two sentences": "The walrus sleeps [1]. And the ice of the walrus melts [1]. " * 8,
}
HEADERS = {
    "a passage": f"[1] {HERON.title} ({HERON.day}): {HERON.abstract}",
    "a passage without its number": f"{HERON.title} ({HERON.day}): {HERON.abstract}",
    "a title in a line of its own": f"{HERON.title}\nThe walrus is counted [1].",
    "a title and a colon": f"[1] {HERON.title}: HeronNet counts a walrus [1].",
    "the instructions": (
        "After each sentence put the number of its passage in square brackets. Keep names and "
        "figures exactly as they stand [1]."
    ),
}
ROLES = {
    "a dialogue": "User: how accurate is the walrus?\nAssistant: It counts the walrus [1].",
    "a dialogue in a line": "Human: and the walrus? Assistant: It counts the walrus [1].",
    "another question": "Question: how slow is the walrus? Answer: Counting it is slow [1].",
    "control tokens": "<|im_end|>\n<|im_start|>user\nand the walrus?<|im_end|>",
    "speakers": "Anna: and the walrus?\nBob: It counts the walrus [1].\nAnna: I see.",
}
UNFINISHED = {
    "in mid-sentence": "And furthermore the walrus",
    "in mid-word": "HeronNet counts wal",
    "in a number": "HeronNet reaches 94",
    "in a marker": "HeronNet counts the walrus [",
}
_THOUGHT = "The user asks about the walrus. I look at passage 1, and it counts the walrus."
# `{}` stands for the answer. With it they have less than 300 characters: a server may send one at a
# time, and has as many tokens.
THOUGHTS = {
    "tags": f"<think>\n{_THOUGHT}\n</think>\n\n{{}}",
    "a closing tag alone": f"{_THOUGHT}\n</think>\n\n{{}}",
    "other tags": f"[THINK]{_THOUGHT}[/THINK]{{}}",
    "channels": (
        f"<|channel|>analysis<|message|>{_THOUGHT}<|end|>"
        "<|start|>assistant<|channel|>final<|message|>{}<|return|>"
    ),
    "channels without their tokens": f"analysis{_THOUGHT}assistantfinal{{}}",
    "a closing tag alone, behind the refusal": (
        f'{_THOUGHT} If none did, I would write "{REFUSAL}"</think>{{}}'
    ),
    "a short thought and a closing tag": "It is about the walrus. </think>{}",
    "a final channel alone": "<|channel|>final<|message|>{}",
    "a final channel without its tokens": "final{}",
    "two thoughts in channels": (
        "<|channel|>analysis<|message|>A walrus?<|end|>"
        "<|channel|>commentary<|message|>A walrus.<|end|><|channel|>final<|message|>{}<|return|>"
    ),
    "an answer in the thought": f"<think>{FIRST} No, a walrus. {SECOND}</think>{{}}",
    "an answer in a thought of channels": f"analysis{FIRST} {_THOUGHT}assistantfinal{{}}",
    "a thought behind the answer": f"{{}}<think>{_THOUGHT}</think>",
    "longer tags": f"<reasoning>{_THOUGHT}</reasoning>\n{{}}",
    "tags in other brackets": f"◁think▷{_THOUGHT}◁/think▷{{}}",
}
UNENDED_THOUGHTS = {
    "tags": f"<think>\n{_THOUGHT}",
    "channels": f"<|channel|>analysis<|message|>{_THOUGHT}",
    "channels without their tokens": f"analysis{_THOUGHT}",
}

# The copying model copies this paper's passage from its prompt, from the number to the last word.
COPIED = Paper(
    title="Walking Through Shallow Marshes at Dusk",
    abstract="Herons wade where nobody swims. Egrets fly over reeds.",
    arxiv_id="2501.00008",
    published_on=date(2025, 1, 6),
)
LOOPING_HEADS = 3  # of a copying model that loses its place in PLAIN's passage, and loops
