"""`make audit`: known vulnerabilities of the pinned packages, and licences of the installed ones.

pip-audit asks PyPI, so it needs the network. A package that could not be looked up does not count
as sound.
"""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
NO_NETWORK = (
    "Nothing was audited for vulnerabilities: pip-audit cannot reach PyPI's list of them; "
    "run `make audit` where there is a network."
)
UNUSUAL = ("UNKNOWN", "GPL", "AGPL", "SSPL", "Proprietary", "Commercial")
MAX_LICENCE = 80  # characters; some packages give the whole text


def vulnerabilities(answer: str) -> tuple[list[str], list[str]]:
    """Return what pip-audit's JSON says: a line per vulnerability, and the packages not audited."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        return [], ["every package"]
    lines = [
        f"{package['name']} {package['version']}: {found['id']}, "
        f"fixed in {', '.join(found['fix_versions']) or 'no version yet'}"
        for package in dependencies
        for found in package.get("vulns", [])
    ]
    return lines, [package["name"] for package in dependencies if "skip_reason" in package]


def audit() -> bool:
    """Print the known vulnerabilities; return whether every pin was looked up and none has any."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(CONSTRAINTS), "--no-deps",
        "--disable-pip", "--format", "json", "--progress-spinner", "off",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    pins = len([line for line in CONSTRAINTS.read_text().splitlines() if "==" in line])
    lines, skipped = vulnerabilities(done.stdout)
    if skipped == ["every package"] or len(skipped) == pins:
        print(NO_NETWORK)
        return False
    for line in lines:
        print(line)
    if skipped:
        print(f"Not audited, because PyPI does not have them: {', '.join(skipped)}.")
    if not lines:
        print(f"None of the {pins - len(skipped)} audited packages has a known vulnerability.")
    return not lines and not skipped


def licences(python: str) -> None:
    """Print the licences of the packages of another Python, and which are not permissive."""
    command = [sys.executable, "-m", "piplicenses", "--python", python, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    by_licence: dict[str, list[str]] = defaultdict(list)
    for package in json.loads(done.stdout):
        licence = " ".join(package["License"].split())[:MAX_LICENCE]
        by_licence[licence].append(f"{package['Name']} {package['Version']}")
    counts = Counter({licence: len(packages) for licence, packages in by_licence.items()})
    for licence, count in counts.most_common():
        print(f"{count:4}  {licence}: {', '.join(sorted(by_licence[licence]))}")
    to_check = [
        package
        for licence, packages in by_licence.items()
        if any(word in licence for word in UNUSUAL) and "LGPL" not in licence
        for package in packages
    ]
    print(f"To be looked at: {', '.join(sorted(to_check)) or 'none'}.")


if __name__ == "__main__":
    is_sound = audit()
    print()
    licences(sys.argv[1])
    sys.exit(0 if is_sound else 1)
