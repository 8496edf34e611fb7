"""The checks of `paperboy doctor`, and their cures."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.actions.doctor import MIN_FREE_BYTES, Check, run_checks
from bot.app import App
from bot.config import Settings
from bot.subscriptions.records import Rhythm, Subscription
from bot.subscriptions.store import SubscriptionStore
from rag.library import Library
from rag.llm.model_files import explain_embedder, is_base_model
from tests.fake_proxy import fake_proxy
from tests.models.gpu_library import pretend
from tests.models.programs import NVCC, NVIDIA_SMI, only_programs_in, write_program
from tests.models.server_dialects import OllamaServer
from tests.models.tiny_gguf import write_embedder_header


def checks(app: App) -> dict[str, Check]:
    return {check.name: check for check in run_checks(app)}


@pytest.fixture
def app(tmp_path: Path) -> App:
    settings = Settings.model_validate({"rag": {"model": {"server_url": "http://127.0.0.1:9/v1"}}})
    return App(settings, tmp_path / "data", use_model=False)


def test_an_empty_folder_lacks_papers_and_nothing_else(app: App) -> None:
    results = checks(app)
    assert [name for name, check in results.items() if not check.ok] == ["papers"]
    assert results["papers"].cure == "run `paperboy ingest starter`."
    assert "llama.cpp" not in results  # a server writes the answers
    assert "e-mail" not in results
    assert results["model"].detail == "not used because of --no-model"
    assert results["judge"].detail.startswith("none: the bundled embedding model checks")


@pytest.mark.parametrize(
    ("typed", "detail", "cure"),
    [
        ("Lisbon", "[bot] timezone: Europe/Lisbon", ""),
        (
            "EST",
            "“EST” is read as America/New_York, whose",
            "write UTC-5 for the same",
        ),
        ("PST", "“PST” is read as America/Los_Angeles, whose", "or Asia/Manila if you mean that."),
        ("Etc/GMT+2", "[bot] timezone: “Etc/GMT+2” is UTC-2", "write UTC+2 if you mean that."),
    ],
)
def test_a_time_zone_that_misleads_is_named(app: App, typed: str, detail: str, cure: str) -> None:
    settings = Settings.model_validate({"bot": {"timezone": typed}})
    settings = settings.model_copy(update={"rag": app.settings.rag})
    check = checks(replace(app, settings=settings))["time zone"]
    assert check.ok
    assert detail in check.detail
    assert check.cure.startswith(cure) or check.cure.endswith(cure)


def test_subscriptions_without_summer_time_are_named(app: App, filled: Library) -> None:
    store = SubscriptionStore(filled.catalog.database)
    for zone in ("Europe/Lisbon", "EST", "Etc/GMT+5", "HST", "MST"):
        rhythm = Rhythm(timezone=zone)
        store.add(Subscription(kind="channel", target="5", rhythm=rhythm), datetime.now(UTC))
    filled.close()
    check = checks(replace(app, data_dir=filled.folder))["subscriptions"]
    assert check.ok
    assert check.detail == (
        "2 is in EST, which has no summer time, unlike America/New_York; "
        "5 is in MST, which has no summer time, unlike America/Denver"
    )
    assert "/subscriptions" in check.cure


def test_a_full_disk_and_a_blocked_folder_have_cures(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    usage = (1, 1, MIN_FREE_BYTES - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": usage[2]})())
    results = checks(replace(app, data_dir=tmp_path / "file" / "data"))
    assert results["disk"].cure == "free some space, or move the data with --data-dir."
    assert not results["data folder"].ok
    assert results["data folder"].cure == "give another one with --data-dir."
    assert "papers" not in results


def llama_check(**model: object) -> Check:
    settings = Settings.model_validate({"rag": {"model": model}})
    app = App(settings, Path("nowhere"), use_model=False)
    return next(check for check in run_checks(app) if check.name == "llama.cpp")


@pytest.mark.slow
def test_a_gpu_that_llama_cpp_is_not_built_for_is_a_hint_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch, ["CPU"], [])
    programs = tmp_path / "bin"
    only_programs_in(programs, monkeypatch)
    without = llama_check()
    assert (without.ok, without.cure) == (True, "")
    assert without.detail == "CPU only; a small quantised model answers"
    write_program(programs, "nvidia-smi", NVIDIA_SMI)
    unbuilt = llama_check()
    assert unbuilt.ok
    assert unbuilt.detail == f"{without.detail}; NVIDIA H200 is not used"
    assert unbuilt.cure.startswith("install NVIDIA's CUDA toolkit (")
    assert unbuilt.cure.endswith(", then run `make llama`.")
    write_program(programs, "nvcc", NVCC)
    assert llama_check().cure.startswith("run `make llama`, which builds llama.cpp for it, or ")
    assert llama_check(gpu_layers=0) == without


@pytest.mark.parametrize(
    ("devices", "detail", "cure"),
    [
        (["NVIDIA H200"], "CUDA on NVIDIA H200; a small quantised model answers", ""),
        ([], "CUDA, but it finds no GPU; a small quantised model answers; NVIDIA H200 is not used",
         "update the GPU's driver, which may be too old for this build."),
    ],
)  # fmt: skip
def test_a_gpu_that_llama_cpp_is_built_for_is_used_or_needs_its_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: list[str], detail: str, cure: str
) -> None:
    pretend(tmp_path, monkeypatch, ["CUDA", "CPU"], devices)
    only_programs_in(tmp_path / "bin", monkeypatch)
    write_program(tmp_path / "bin", "nvidia-smi", NVIDIA_SMI)
    result = llama_check()
    assert (result.ok, result.detail, result.cure) == (True, detail, cure)


def test_the_model_in_use_tells_its_layers_on_the_gpu(
    copying_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch, ["MTL", "CPU"], ["Apple M2"])
    model = {"path": str(copying_model), "gpu_layers": 2}
    settings = Settings.model_validate({"rag": {"model": model}})
    result = checks(App(settings, tmp_path / "data"))["model"]
    assert result.ok
    assert result.detail == "copying, by config.toml; Metal, 2 of 3 layers on Apple M2"


def test_an_index_that_another_process_uses_is_not_a_failure(app: App, filled: Library) -> None:
    assert filled.index.pending_count() == 0  # this process owns the index now
    results = checks(replace(app, data_dir=filled.folder))
    assert results["index"].ok
    assert results["index"].detail.startswith("not checked: ")


def test_a_server_that_cannot_be_reached_fails_the_model(app: App) -> None:
    result = checks(replace(app, use_model=True))["model"]
    assert not result.ok
    assert result.cure


def test_the_proxies_are_named_without_their_passwords_and_tried(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "proxy" not in checks(app)
    with fake_proxy("http", login=("ann", "s3cret-word")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url())
        monkeypatch.setenv("ALL_PROXY", proxy.url("socks5h"))
        monkeypatch.setenv("NO_PROXY", "lan.example,10.0.0.0/8")
        check = checks(app)["proxy"]
    assert (check.ok, check.cure) == (True, "")
    assert check.detail == (
        f"http://127.0.0.1:{proxy.port} ($https_proxy), socks5h://127.0.0.1:{proxy.port} "
        "($ALL_PROXY); not for lan.example,10.0.0.0/8 ($NO_PROXY)"
    )
    check = checks(app)["proxy"]
    assert not check.ok
    assert check.detail.endswith(f"127.0.0.1:{proxy.port} ($https_proxy) cannot be reached "
                                 "(Connection refused)")  # fmt: skip
    assert check.cure == "start it, or correct $https_proxy."
    monkeypatch.setenv("https_proxy", "http://ann:s3cret-word@host:notaport")
    check = checks(app)["proxy"]
    assert check.detail == "$https_proxy is not the address of a proxy (http://…@host:notaport)"
    assert check.cure.startswith("write one like http://proxy.example:3128 or ")


@pytest.mark.parametrize(
    ("architecture", "pooling"),
    [("bert", None), ("nomic-bert", 1), ("jina-bert-v2", 1), ("modern-bert", 2),
     ("gemma-embedding", 1), ("t5encoder", None), ("qwen3", 3), ("llama", 4)],
)  # fmt: skip
def test_an_embedder_as_the_model_is_named_and_does_not_answer(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]], architecture: str, pooling: int | None
) -> None:
    path = write_embedder_header(tmp_path / "vectors.gguf", architecture, pooling=pooling)
    settings = Settings.model_validate({"rag": {"model": {"path": str(path)}}})
    check = checks(App(settings, tmp_path / "data"))["model"]
    assert not check.ok
    assert check.detail == (
        f"vectors.gguf is an embedding model ({architecture}), which turns text into vectors and "
        "writes none"
    )
    assert check.cure == "use an instruct model, which `paperboy model pull` fetches."
    status, _, said = run("--data-dir", tmp_path / "data", "model", "use", path)
    assert status == 1
    assert f"{check.detail}: {check.cure}" in said


@pytest.mark.parametrize("architecture", ["qwen3", "pangu-embedded", "dream"])
def test_a_model_that_writes_is_not_taken_for_an_embedder(
    tmp_path: Path, architecture: str
) -> None:
    for pooling in (None, 0):
        path = write_embedder_header(tmp_path / "words.gguf", architecture, pooling=pooling)
        assert explain_embedder(path) == ""
        assert is_base_model(path)  # the header has no chat template


def test_a_server_that_lists_only_an_embedder_is_a_failed_check(tmp_path: Path) -> None:
    with closing(OllamaServer("")) as server:
        server.models = ["nomic-embed-text:latest"]
        server.start()
        settings = Settings.model_validate({"rag": {"model": {"server_url": server.url}}})
        check = checks(App(settings, tmp_path / "data"))["model"]
    assert not check.ok
    assert check.detail.startswith(
        "the model server lists no model that can chat, only nomic-embed-text:latest (400, “"
    )
    assert check.cure.endswith("or name one in [rag.model] server_model.")
