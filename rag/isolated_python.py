"""How this Python is started: without the current folder, whose files are not to be trusted.

`python -m` and `python -c` put the current folder before everything else: a file numpy.py in it, or
a folder rag/, would be run. So would they through an empty or relative entry of $PYTHONPATH.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # the folder that this package was imported from


def python_command(*arguments: str) -> list[str]:
    """Return the command that runs this Python; to be started with `python_environment`."""
    return [sys.executable, "-P", *arguments]


def python_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for `python_command`, with `more` in it.

    $PYTHONPATH has absolute folders only. The folder of this package is among them if it is a
    checkout, which need not be installed.
    """
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    folders = [folder for folder in folders if os.path.isabs(folder)]
    if not ROOT.name.endswith("-packages"):
        folders.append(str(ROOT))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders), **(more or {})}
