"""Details that people ask for and abstracts seldom state: the learning rate, the licence, the GPUs.

A question that asks for one is answered by a paper only if it speaks of it in one of these words.
"""

import re

# A line a detail: the words that ask for it or state it. A hyphen stands for a space too.
_DETAILS = """
gpu tpu a100 h100 v100 rtx vram hardware gpu-hour gpu-day
epoch
learning-rate lr warmup
batch-size
optimizer optimiser adam adamw sgd
hyperparameter hyper-parameter
dropout weight-decay temperature random-seed
licence license licensed mit-licence apache gpl cc-by commercially commercial
dollar usd euro price salary
wage pay paid payment compensated
carbon co2 electricity kwh watt
fid inception-score
bleu rouge meteor cider
psnr ssim lpips
perplexity
wer word-error-rate
latency millisecond throughput fps frames-per-second
funding funded grant sponsor
reviewer rebuttal accepted rejected
neurips nips iclr icml cvpr iccv eccv acl emnlp aaai naacl
pytorch jax tensorflow keras
docker pip conda install installation
email e-mail
university affiliation
significance p-value confidence-interval variance standard-deviation
inter-annotator annotator-agreement kappa
demographic gender
ethics irb consent copyright
android ios iphone raspberry jetson
quantization quantized quantisation quantised int8 int4 4-bit 8-bit gguf
swahili arabic hindi japanese korean german french spanish russian portuguese italian vietnamese
"""


def _pattern(line: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word).replace(r"\-", r"[\s-]") for word in line.split())
    return re.compile(rf"(?<![\w-])(?:{words})(?:s|es)?(?!\w)", re.IGNORECASE)


_PATTERNS = [_pattern(line) for line in _DETAILS.split("\n") if line]


def lacks_detail(question: str, text: str) -> bool:
    """Return whether the question asks for a detail of which the text does not speak."""
    return any(pattern.search(question) and not pattern.search(text) for pattern in _PATTERNS)
