"""What `make audit` makes of pip-audit's answers."""

import json

from tests.audit import vulnerabilities


def test_a_package_that_was_not_looked_up_is_not_sound() -> None:
    answer = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": []},
            {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]},
            {"name": "c", "version": "3", "vulns": [{"id": "CVE-2", "fix_versions": []}]},
            {"name": "d", "skip_reason": "Dependency not found on PyPI"},
        ]
    }
    lines, skipped = vulnerabilities(json.dumps(answer))
    assert lines == ["b 2: CVE-1, fixed in 2.1", "c 3: CVE-2, fixed in no version yet"]
    assert skipped == ["d"]


def test_no_answer_is_no_audit() -> None:
    assert vulnerabilities("") == ([], ["every package"])
