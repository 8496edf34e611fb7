"""Run the benchmarks of speed and write docs/benchmarks.md.

    python -m tests.benchmarks [NAME ...]

Without names, all of them run one after the other (about two hours, the first time three: the
corpora are filled). With names, only their sections are written anew. Each section has the command,
what it measures, the processor, the load of the machine before and after, and what was printed.
"""

import argparse
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from tests.benchmarks.machine import processor

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
NAMES = (
    "startup",
    "encoders",
    "ingest",
    "retrieval",
    "answers",
    "reading",
    "discord",
    "crowd",
    "several",
    "model",
    "digests",
    "writer",
    "chroma_server",
)
HEAD = """# Benchmarks

`make bench` writes this page; `python -m tests.benchmarks NAME ...` writes single sections anew. A
time says little without its machine, so each benchmark also measures a peer or a limit in the same
run, in turns, and prints the ratio. A load above the number of processors means that other programs
took part of the time.
"""


def main() -> None:
    """Run the benchmarks and write the page after each, so that an interruption loses one."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(NAMES))
    names = parser.parse_args().names
    if unknown := set(names) - set(NAMES):
        parser.error(f"there is no benchmark {min(unknown)}: choose from {', '.join(NAMES)}")
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    for name in names or NAMES:
        page = with_section(page, name, _measure(name))
        PAGE.write_text(page, encoding="utf-8")


def with_section(page: str, name: str, section: str) -> str:
    """Return the page with one section put in its place; the others stay as they are."""
    found = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    sections = {known: body.strip() for known, body in found} | {name: section.strip()}
    parts = [f"## {known}\n\n{sections[known]}\n" for known in NAMES if known in sections]
    return "\n".join([HEAD, *parts])


def _measure(name: str) -> str:
    """Run one benchmark and return its section; what it prints is shown meanwhile."""
    command = f"python -m tests.benchmarks.{name}"
    print(f"== {command}", flush=True)
    before, lines = os.getloadavg()[0], []
    with subprocess.Popen(
        [sys.executable, *command.split()[1:]], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    if run.returncode:
        raise SystemExit(f"{command} ended with {run.returncode}; {PAGE.name} keeps what it had.")
    machine = f"{datetime.now(UTC).date()}, {os.cpu_count()} × {processor()}"
    load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    printed = "\n".join(lines).strip("\n")
    return f"{_purpose(name)}\n\n    {command}\n\n{machine}, {load}:\n\n```text\n{printed}\n```"


def _purpose(name: str) -> str:
    """Return what a benchmark says it measures."""
    doc = import_module(f"tests.benchmarks.{name}").__doc__ or ""
    return re.split(r":? (?=python -m)", doc.partition("\n")[0])[0].rstrip(".:") + "."


if __name__ == "__main__":
    main()
