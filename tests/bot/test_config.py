"""Reading config.toml, and explaining mistakes in it."""

import tomllib
from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from rag.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def test_config_toml_repeats_every_default() -> None:
    written = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
    assert written == Settings().model_dump()


def test_the_file_in_this_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None) == Settings()
    (tmp_path / "config.toml").write_text("[rag.retrieval]\ntop_k = 3")
    assert load_settings(None).rag.retrieval.top_k == 3


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Oslo", "Europe/Oslo"), ("new york", "America/New_York"), ("EST", "America/New_York"),
     ("UTC-3", "Etc/GMT+3"), ("Kenya", "Africa/Nairobi"), ("UTC", "UTC")],
)  # fmt: skip
def test_the_time_zone_is_read_as_people_write_it(tmp_path: Path, typed: str, name: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[bot]\ntimezone = '{typed}'")
    settings = load_settings(path).bot
    assert (settings.timezone, settings.zone.name) == (typed, name)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[bot.mail]\nhost = 'smtp.example.org'", "[bot] mail: a host needs a sender, such as"),
        ("[bot.mail]\nhost = 'x'\nsender = \"a@b.org\\nBcc: c@d.org\"", "has a line break"),
        ("[ingest.fetch]\nhuggingface_url = 'http://[::1'", "huggingface_url: not an address"),
        ("[ingest.fetch]\nhuggingface_url = 'http://h:99999'", "huggingface_url: not an address"),
        ("[ingest.fetch]\narxiv_url = 'http://me:secret@h'", "arxiv_url: a name and a password do"),
        (
            "[bot]\ntimezone = 'Mars/Base'",
            "[bot] timezone: “Mars/Base” is not a time zone",
        ),
        (
            "[bot]\ntimezone = 'CST'",
            "“CST” may mean several time zones: write Asia/Sha",
        ),
        ("[bot]\nthreads = 'often'", "[bot] threads: Input should be 'never', 'long' or 'always'."),
        ("[bot.digest]\nsync_minute = 5", "an unknown key: did you mean sync_minutes?"),
        ("[bot.digest]\nx = 5", "an unknown key: known keys are catch_up_hours, sync_minutes."),
        ("[rag.model]\npath = '~nobody-of-this-name/x'", "[rag.model] path: '~nobody-of-this-name"),
        ('[rag.model]\npath = "a\\u0000b"', "is not a path; write one like ~/models/mine.gguf."),
        (
            "[bot]\nlisten_address = '0.0.0.0'",
            "[bot] listen_address: only programs on this machine",
        ),
        ("[bot]\nlisten_address = '::'", "write 127.0.0.1, another address that begins with 127"),
        ("[bot]\nlisten_address = '192.168.1.7'", "or ::1."),
        ("[bot]\nlisten_address = 'localhost.example.org'", "[bot] listen_address: only"),
        ("[bot]\nmetrics_port = 70000", "[bot] metrics_port: Input should be less than"),
        ("[bot]\nshards = 0", '[bot] shards: write "auto" or a number from 1 to 1000.'),
        ("[bot]\nshards = 'some'", '[bot] shards: write "auto" or a number from 1 to 1000.'),
        ("[bot]\nshards = 2\nshard_ids = [2]", "shard_ids: name different shards from 0 to 1."),
        ("[bot]\nshards = 2\nshard_ids = [0, 0]", "shard_ids: name different shards from 0 to 1."),
        ("[bot]\nshards = 'auto'\nshard_ids = [0]", "shard_ids: write as a number how many"),
        ("[bot]\nshards = 2\nshard_ids = [0]", ": [bot] shard_ids is for several processes, which"),
        ("[rag.vectors]\nurl = '127.0.0.1:8000'", "[rag.vectors] url: not an address; write one"),
        ("[rag.vectors]\nurl = 'http://me:secret@h'", "put it in $PAPERBOY_CHROMA_TOKEN."),
        ("[rag\n", "is not valid TOML"),
    ],
)
def test_a_mistake_is_one_sentence_with_section_and_key(
    tmp_path: Path, toml: str, message: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(toml)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "secret" not in text
    assert message in text
    assert text.endswith(".") or "did you mean" in text
    assert "\n" not in text


def test_a_missing_file_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(.*\): check --config\."):
        load_settings(tmp_path / "none.toml")
