"""Writes a cross-encoder with hand-set weights that looks for words: 100 kB, in milliseconds.

It is a real BERT for sequence classification with one layer, loaded like any other, but its score
is predictable: about a word's merit if the pair contains that word, 0 if it contains none.

How it works: every word has two dimensions of the stream to itself; all other tokens are zero. The
attention has no queries and keys, so the first token gets the mean of all tokens. The layer norm
gives the same result whether the word occurs once or often, and the last layer weighs the
dimensions.
"""

from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

HIDDEN = 32  # two dimensions per word
MAX_TOKENS = 64  # of question and paper together
PASSED_ON = ("self.value.weight", "attention.output.dense.weight", "pooler.dense.weight")
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_cross_encoder(folder: Path, merits: dict[str, float], *, scores: int = 1) -> Path:
    """Write the model to `folder`; it gives each pair `scores` scores by its `merits`."""
    vocabulary = [*SPECIALS, *merits]
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=MAX_TOKENS,
    )
    config.num_labels = scores
    model = BertForSequenceClassification(config)
    weights = model.state_dict()
    for name, weight in weights.items():
        if name.endswith(PASSED_ON):
            weight.copy_(torch.eye(HIDDEN))
        elif weight.is_floating_point():
            weight.fill_(1 if name.endswith("LayerNorm.weight") else 0)
    for number, merit in enumerate(merits.values()):
        embedding = weights["bert.embeddings.word_embeddings.weight"][len(SPECIALS) + number]
        embedding[2 * number], embedding[2 * number + 1] = 1, -1
        weights["classifier.weight"][:, 2 * number] = merit
    model.save_pretrained(folder)
    words = folder / "vocab.txt"
    words.write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizer.from_pretrained(str(folder)).save_pretrained(folder)
    return folder
