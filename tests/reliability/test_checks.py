"""Each of the fifty checks has tests, a proof that they can fail, and a row in the documents."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

COUNTS = {"S": 10, "I": 9, "M": 8, "B": 13, "D": 5, "C": 5}
CHECKS = [f"{letter}{n}" for letter, count in COUNTS.items() for n in range(1, count + 1)]
FOLDER = Path(__file__).parent
DOCUMENT = FOLDER.parents[1] / "docs" / "reliability.md"


@cache
def found() -> dict[str, bool]:
    """Return the checks that have tests; true if one of these runs without its protection, too."""
    checks: dict[str, bool] = defaultdict(bool)
    for file in FOLDER.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if name := re.match(r"test_([simbdc]\d+)_", node.name):
                marks = " ".join(map(ast.unparse, node.decorator_list))
                checks[name[1].upper()] |= "mark.protection" in marks or "mutated(" in marks
    return checks


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_can_fail_and_is_described(check: str) -> None:
    assert found().get(check), f"{check}: no test, or none that fails without its protection"
    assert f"\n| {check} |" in DOCUMENT.read_text(encoding="utf-8")
