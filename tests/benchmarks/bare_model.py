"""What Paperboy is compared with: llama-cpp-python's own loop, and nothing around it.

python -m tests.benchmarks.bare_model FILE THREADS reads lines of JSON, each a prompt's tokens and
how many to write, and answers with the tokens written in a second, the first one left out.
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
        pieces = llama.generate(prompt, temp=0.0)
        next(pieces)
        started = time.perf_counter()
        for _ in range(count - 1):
            next(pieces)
        print((count - 1) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main()
