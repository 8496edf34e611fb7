"""The baseline for Paperboy: llama-cpp-python's own loop, and nothing around it.

python -m tests.benchmarks.bare_model FILE THREADS reads lines of JSON, each with the tokens of a
prompt and the number to generate, and prints the tokens per second, without the first one.
"""

import json
import sys
import time

from llama_cpp import Llama


def main() -> None:
    path, threads = sys.argv[1], int(sys.argv[2])
    llama = Llama(
        path, n_ctx=4096, n_batch=512, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    for line in sys.stdin:
        prompt, count = json.loads(line)
        tokens = llama.generate(prompt, temp=0.0)
        next(tokens)
        started = time.perf_counter()
        for _ in range(count - 1):
            next(tokens)
        print((count - 1) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main()
