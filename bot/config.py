"""Read config.toml, and explain what is wrong in it in one sentence."""

import difflib
import ipaddress
import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.clocks.times import ClockError
from bot.clocks.zones import Zone, read_zone
from ingest.config import IngestConfig
from rag.config import RagConfig, Section
from rag.errors import ConfigError
from rag.query.numeric_days import DayOrder

MOST_PER_HOUR = 100_000  # questions
MAX_SHARDS = 1_000
AUTO = "auto"
ThreadMode = Literal["never", "long", "always"]  # which conversations move to a thread


class DigestConfig(Section):
    """`[bot.digest]`: when subscriptions are delivered and how often new papers are fetched."""

    catch_up_hours: float = Field(12, gt=0, le=168)
    sync_minutes: int = Field(60, ge=0, le=1_440)


class MailConfig(Section):
    """`[bot.mail]`: the SMTP server that sends digests; without a host, none go out by e-mail."""

    host: str = ""
    port: int = Field(587, ge=1, le=65_535)
    security: Literal["starttls", "ssl", "none"] = "starttls"
    ca_file: str = ""
    user: str = ""
    sender: str = ""
    timeout_seconds: float = Field(30, gt=0, le=600)

    @model_validator(mode="after")
    def _require_sender(self) -> Self:
        if self.host and "@" not in self.sender:
            raise ValueError("a host needs a sender, such as Paperboy <paperboy@example.org>")
        if not self.sender.isprintable():
            raise ValueError("the sender has a line break: write it on one line")
        return self


class BotConfig(Section):
    """`[bot]`."""

    timezone: str = Field("UTC", min_length=1)
    day_order: DayOrder | Literal["auto"] = "auto"
    message_content: bool = True
    threads: ThreadMode = "never"
    person_per_hour: int = Field(30, ge=0, le=MOST_PER_HOUR)
    server_per_hour: int = Field(300, ge=0, le=MOST_PER_HOUR)
    deny: list[int] = Field(default_factory=list)
    receipt_days: int = Field(30, ge=1, le=3_650)
    log_questions: bool = False
    error_channel: int = Field(0, ge=0)
    shards: int | str = 1
    shard_ids: list[int] = Field(default_factory=list)
    health_port: int = Field(0, ge=0, le=65_535)
    metrics_port: int = Field(0, ge=0, le=65_535)
    listen_address: str = "127.0.0.1"
    digest: DigestConfig = DigestConfig()
    mail: MailConfig = MailConfig()

    @field_validator("timezone")
    @classmethod
    def _require_known_timezone(cls, name: str) -> str:
        try:
            read_zone(name)
        except ClockError as error:
            raise ValueError(str(error).removesuffix(".")) from error
        return name

    @field_validator("listen_address")
    @classmethod
    def _require_loopback(cls, address: str) -> str:
        try:
            is_loopback = ipaddress.ip_address(address).is_loopback
        except ValueError:
            is_loopback = False
        if not is_loopback:
            raise ValueError(
                "only programs on this machine may read the bot's state: write 127.0.0.1, another "
                "address that begins with 127, or ::1"
            )
        return address

    @field_validator("shards")
    @classmethod
    def _require_number_of_shards(cls, shards: int | str) -> int | str:
        if shards == AUTO or (isinstance(shards, int) and 1 <= shards <= MAX_SHARDS):
            return shards
        raise ValueError(f'write "{AUTO}" or a number from 1 to {MAX_SHARDS}')

    @field_validator("shard_ids")
    @classmethod
    def _require_known_shards(cls, ids: list[int], info: ValidationInfo) -> list[int]:
        count = info.data.get("shards", 1)
        if ids and not isinstance(count, int):
            raise ValueError("write as a number how many shards there are in all, in shards")
        if len(set(ids)) != len(ids) or any(not 0 <= one < int(count) for one in ids):
            raise ValueError(f"name different shards from 0 to {int(count) - 1}")
        return ids

    @property
    def zone(self) -> Zone:
        """The time zone that `timezone` means, which is as somebody wrote it."""
        return read_zone(self.timezone)


class Settings(Section):
    """All of config.toml."""

    rag: RagConfig = RagConfig()
    ingest: IngestConfig = IngestConfig()
    bot: BotConfig = BotConfig()

    @model_validator(mode="after")
    def _require_shared_index(self) -> Self:
        if self.bot.shard_ids and not self.rag.vectors.url:
            raise ValueError(
                "[bot] shard_ids is for several processes, which can only share the index of a "
                "Chroma server: set [rag.vectors] url too"
            )
        return self


def load_settings(path: Path | None) -> Settings:
    """Return the settings in `path`; None reads ./config.toml if it exists, else the defaults.

    Raises ConfigError, which names the section and key.
    """
    if path is None:
        path = Path("config.toml")
        if not path.is_file():
            return Settings()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings.model_validate(values)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): check --config.") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply: write it like config.toml.") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise ConfigError(f"{path} is not valid TOML ({error}): correct it there.") from error


def _explain(error: ValidationError) -> str:
    """Return the first mistake, with the key that was probably meant."""
    first = error.errors(include_url=False)[0]
    said = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:  # of settings that do not go together
        return f"{said}."
    *sections, key = [str(part) for part in first["loc"]]
    where = f"[{'.'.join(sections)}] {key}" if sections else f"[{key}]"
    if first["type"] != "extra_forbidden":
        return f"{where}: {said}."
    close = difflib.get_close_matches(key, _keys(sections), n=1)
    cure = f"did you mean {close[0]}?" if close else f"known keys are {', '.join(_keys(sections))}."
    return f"{where} is an unknown key: {cure}"


def _keys(sections: list[str]) -> list[str]:
    """Return the keys of a section; an empty list if there is no such section."""
    model: type[BaseModel] = Settings
    for section in sections:
        field = model.model_fields[section].annotation
        if not isinstance(field, type) or not issubclass(field, BaseModel):
            return []
        model = field
    return list(model.model_fields)
