"""The chain that README.md shows, run as it stands there."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import SimpleChatModel
from langchain_core.messages import BaseMessage

from tests.papers import PASTRY

README = Path(__file__).parents[3] / "README.md"


class EchoModel(SimpleChatModel):
    """Answers with its prompt, so that a test sees what a model would read."""

    @property
    def _llm_type(self) -> str:
        return "echo"

    def _call(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return "ANSWER " + str(messages[-1].content)


def test_the_chain_of_the_readme_answers_from_the_papers_it_finds(
    sample_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(sample_folder, tmp_path / "data")
    monkeypatch.setenv("PAPERBOY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("langchain.chat_models.init_chat_model", lambda name: EchoModel())
    (code,) = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)
    question = "Which model finds errors in recipes?"
    code = code.replace("Which papers reduce hallucinations?", question)
    exec(compile(code, str(README), "exec"), {})
    answer = capsys.readouterr().out
    assert answer.startswith("ANSWER Answer from these papers alone")
    assert f"Question: {question}" in answer
    papers = answer.partition("\n\n")[2]
    assert papers.startswith(f"{PASTRY.title}\n{PASTRY.abstract}\n{PASTRY.url}")
