"""Writes an embedding model with random weights: a real sentence-transformers folder of 16 kB.

Its vectors mean nothing, but equal words get equal vectors, so that a text is nearest to itself.
"""

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizer

DIMENSIONS = 16
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def write_embedder(folder: Path, *, seed: int = 0) -> Path:
    """Write the model to `folder`; models of different seeds have different vectors."""
    torch.manual_seed(seed)
    bert, whole = folder.with_name(f"{folder.name}-bert"), folder
    bert.mkdir(parents=True)
    vocabulary = [*SPECIALS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    (bert / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizer.from_pretrained(str(bert)).save_pretrained(bert)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=DIMENSIONS,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(bert)
    transformer = Transformer(str(bert))
    SentenceTransformer(modules=[transformer, Pooling(DIMENSIONS)], device="cpu").save(str(whole))
    return whole
