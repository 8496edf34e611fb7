"""Each rule of the judge with something that passes and something that is caught."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.discord_fake.judge import Judge
from tests.discord_fake.leaks import outside_code

POST, EDIT = ("POST", "/channels/1/messages"), ("PATCH", "/channels/1/messages/2")
FOLLOWUP, ANSWER_EDIT = ("POST", "/webhooks/1/tok"), ("PATCH", "/webhooks/1/tok/messages/@original")
CALLBACK = ("POST", "/interactions/1/tok/callback")
COMMANDS = ("PUT", "/applications/1/commands")
THREAD = ("POST", "/channels/1/messages/2/threads")
SILENT: dict[str, Any] = {"allowed_mentions": {"parse": []}}
OURS = "https://huggingface.co/papers/2407.17827"

Route = tuple[str, str]


def complaints(route: Route, body: Any, judge: Judge | None = None) -> list[str]:
    judge = judge or Judge()
    judge.look(*route, body)
    return judge.complaints


def about_message(**parts: Any) -> list[str]:
    return complaints(POST, {**SILENT, **parts})


def about_embed(**parts: Any) -> list[str]:
    return about_message(embeds=[parts])


def about_content(text: str, *allowed_urls: str) -> list[str]:
    return complaints(POST, {**SILENT, "content": text}, Judge(allowed_urls=allowed_urls))


# ---- Discord's limits


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (2000, lambda n: {"content": "x" * n}),
        (256, lambda n: {"embeds": [{"title": "x" * n}]}),
        (4096, lambda n: {"embeds": [{"description": "x" * n}]}),
        (25, lambda n: {"embeds": [{"fields": [{"name": "a", "value": "b"}] * n}]}),
        (256, lambda n: {"embeds": [{"fields": [{"name": "x" * n, "value": "b"}]}]}),
        (1024, lambda n: {"embeds": [{"fields": [{"name": "a", "value": "x" * n}]}]}),
        (2048, lambda n: {"embeds": [{"footer": {"text": "x" * n}}]}),
        (256, lambda n: {"embeds": [{"author": {"name": "x" * n}}]}),
        (10, lambda n: {"embeds": [{"title": "x"}] * n}),
        (3000, lambda n: {"embeds": [{"description": "x" * n}] * 2}),
        (5, lambda n: {"components": [{"type": 1, "components": []}] * n}),
        (5, lambda n: {"components": [{"type": 1, "components": [{"type": 2}] * n}]}),
        (100, lambda n: {"components": [row({"type": 2, "custom_id": "x" * n})]}),
        (80, lambda n: {"components": [row({"type": 2, "label": "x" * n})]}),
    ],
)
def test_limits_of_messages(limit: int, message: Callable[[int], dict[str, Any]]) -> None:
    for route in (POST, EDIT, FOLLOWUP, ANSWER_EDIT):
        assert complaints(route, {**SILENT, **message(limit)}) == []
        assert len(complaints(route, {**SILENT, **message(limit + 1)})) == 1
    for kind in (4, 7):
        assert complaints(CALLBACK, {"type": kind, "data": {**SILENT, **message(limit)}}) == []
        too_much = {"type": kind, "data": {**SILENT, **message(limit + 1)}}
        assert len(complaints(CALLBACK, too_much)) == 1


def row(component: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": [component]}


def choice(name: str, value: str = "v") -> dict[str, str]:
    return {"name": name, "value": value}


@pytest.mark.parametrize(
    ("fine", "caught"),
    [
        ([choice("n")] * 25, [choice("n")] * 26),
        ([choice("n" * 100)], [choice("n" * 101)]),
        ([choice("n", "v" * 100)], [choice("n", "v" * 101)]),
    ],
)
def test_limits_of_choices(fine: list[dict[str, str]], caught: list[dict[str, str]]) -> None:
    assert complaints(CALLBACK, {"type": 8, "data": {"choices": fine}}) == []
    assert len(complaints(CALLBACK, {"type": 8, "data": {"choices": caught}})) == 1


def command(**parts: Any) -> dict[str, Any]:
    return {"name": "ask", "description": "Ask a question.", **parts}


@pytest.mark.parametrize(
    ("fine", "caught"),
    [
        ([command()] * 100, [command()] * 101),
        ([command(name="deep-ask_2")], [command(name="Ask")]),
        ([command(name="a" * 32)], [command(name="a b")]),
        ([command(description="d" * 100)], [command(description="d" * 101)]),
        ([command(options=[command()] * 25)], [command(options=[command()] * 26)]),
        (
            [command(options=[command(choices=[choice("c")])])],
            [command(options=[command(choices=[choice("")])])],
        ),
    ],
)
def test_limits_of_commands(fine: list[Any], caught: list[Any]) -> None:
    assert complaints(COMMANDS, fine) == []
    assert len(complaints(COMMANDS, caught)) == 1


def test_limits_of_threads() -> None:
    for route in (THREAD, ("PATCH", "/channels/1")):
        assert complaints(route, {"name": "t" * 100}) == []
        assert len(complaints(route, {"name": "t" * 101})) == 1
    assert complaints(("PATCH", "/channels/1"), {"topic": "t"}) == []


# ---- mentions


@pytest.mark.parametrize("parts", [{"content": "x"}, {"embeds": [{"title": "x"}]}])
def test_every_message_says_whom_it_may_ping(parts: dict[str, Any]) -> None:
    for route in (POST, EDIT, FOLLOWUP, ANSWER_EDIT):
        assert complaints(route, {**SILENT, **parts}) == []
        [complaint] = complaints(route, parts)
        assert "allowed_mentions is missing" in complaint
    assert "is missing" in complaints(CALLBACK, {"type": 4, "data": parts})[0]
    assert "is missing" in complaints(CALLBACK, {"type": 7, "data": parts})[0]


@pytest.mark.parametrize(
    "allowed",
    [
        {},
        {"parse": ["users"]},
        {"parse": [], "users": ["1"]},
        {"parse": [], "roles": ["1"]},
        {"parse": [], "replied_user": True},
    ],
)
def test_nobody_may_be_pinged(allowed: dict[str, Any]) -> None:
    quiet = {"parse": [], "users": [], "replied_user": False}
    assert complaints(POST, {"content": "x", "allowed_mentions": quiet}) == []
    assert len(complaints(POST, {"content": "x", "allowed_mentions": allowed})) == 1


def test_what_shows_no_words_need_not_say_it() -> None:
    assert complaints(CALLBACK, {"type": 5, "data": {"flags": 64}}) == []
    assert complaints(CALLBACK, {"type": 6}) == []
    assert complaints(EDIT, {"content": "", "components": []}) == []
    assert complaints(("POST", "/channels/1/typing"), None) == []


@pytest.mark.parametrize("ping", ["@everyone", "@here", "<@&12>"])
def test_words_that_ping_are_caught_outside_of_code(ping: str) -> None:
    assert about_content(f"`{ping}` and ```\n{ping}\n``` and <@12>") == []
    assert about_embed(description=f"`{ping}`") == []
    assert len(about_content(f"Hello {ping}")) == 1
    assert len(about_embed(fields=[{"name": "a", "value": ping}])) == 1


# ---- links


@pytest.mark.parametrize(
    "url",
    [
        OURS,
        "http://www.huggingface.co",
        "https://arxiv.org/abs/2407.17827",
        "https://www.arxiv.org/pdf/2407.17827",
        "https://export.arxiv.org/abs/2407.17827",
        "HTTPS://ArXiv.org/abs/1",
    ],
)
def test_our_hosts_may_be_linked(url: str) -> None:
    for text in ("{}", "<{}>", "({}).", "**{}**", "[1]({})", "[one [1]](<{}>)", '[a]({} "b")'):
        assert about_content(text.format(url)) == [], text


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.com",
        "HTTP://evil.com/huggingface.co",
        "https://huggingface.co.evil.com/",
        "https://huggingface.co@evil.com/",
        "https://evil-huggingface.co",
        "https://cdn.huggingface.co/x",
        "https://hf.co/papers",
        "https://[evil",
        "https://discord.gg/abc",
        "https://discord.com/invite/abc",
        "discord.gg/abc",
        "Discord.com/invite/abc",
    ],
)
def test_other_hosts_are_caught(url: str) -> None:
    assert about_content(f"see `{url}` or ```{url}```") == []
    for text in ("{}", "<{}>", "a {}, b", "> {}", "> `a\n{}`", "\\`{}\\`", "`{}"):
        assert len(about_content(text.format(url))) == 1, text
    assert len(about_content(f"{OURS} {url}")) == 1
    assert len(about_content(f"({OURS})({url})")) == 1


def test_listed_urls_may_be_linked() -> None:
    code, page = "https://github.com/a/b", "https://a.example/b_(c)"
    assert about_content(f"{code}, [code]({code}); {page}. ([p]({page}))", code, page) == []
    assert len(about_content(f"{code}/c", code)) == 1
    judge = Judge()
    judge.allowed_urls.add(code)
    assert complaints(POST, {**SILENT, "content": code}, judge) == []


@pytest.mark.parametrize(
    "text",
    [
        f"[LexVLA]({OURS})",
        f"[llama.cpp and Node.js v1.5]({OURS})",
        f"[huggingface.co/papers]({OURS})",
        f"[https://huggingface.co]({OURS})",
        "f[i](x) and [see](below)",
    ],
)
def test_honest_masked_links_pass(text: str) -> None:
    assert about_content(text) == []
    assert about_embed(description=text) == []


@pytest.mark.parametrize(
    "text",
    [
        "[LexVLA](https://evil.com)",
        "[LexVLA](<https://evil.com/a> 'title')",
        "[one [1]](https://evil.com)",
        "[run](steam://run/1)",
        f"[https://arxiv.org/abs/1]({OURS})",
        f"[https://evil.com]({OURS})",
        f"[www.evil.com]({OURS})",
        f"[evil.com]({OURS})",
        f"[evil.\u200bcom]({OURS})",
        f"[discord.gg/abc]({OURS})",
    ],
)
def test_masked_links_that_mislead_are_caught(text: str) -> None:
    assert about_content(f"`{text}`") == []
    assert len(about_content(text)) == 1
    assert len(about_embed(description=text)) == 1


@pytest.mark.parametrize(
    "embed",
    [
        lambda url: {"title": "x", "url": url},
        lambda url: {"description": url},
        lambda url: {"fields": [{"name": "a", "value": url}]},
        lambda url: {"footer": {"text": url}},
        lambda url: {"author": {"name": "x", "url": url}},
        lambda url: {"image": {"url": url}},
    ],
)
def test_every_part_of_an_embed_is_searched(embed: Callable[[str], dict[str, Any]]) -> None:
    assert about_embed(**embed(OURS)) == []
    assert len(about_embed(**embed("https://evil.com"))) == 1


def test_a_title_that_is_a_link_names_no_other_host() -> None:
    assert about_embed(title="Node.js of huggingface.co", url=OURS) == []
    assert about_embed(title="evil.com") == []
    assert len(about_embed(title="evil.com", url=OURS)) == 1


def test_buttons_and_new_components_are_searched() -> None:
    assert about_message(components=[row({"type": 2, "style": 5, "url": OURS})]) == []
    assert (
        len(about_message(components=[row({"type": 2, "style": 5, "url": "https://e.com"})])) == 1
    )
    assert about_embed(image={"url": "attachment://a.png"}) == []
    container = {"type": 17, "components": [{"type": 10, "content": "@here https://evil.com"}]}
    assert len(about_message(components=[container])) == 2


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("a `b` c", "a   c"),
        ("a ``b ` c`` d", "a   d"),
        ("a ```py\nb\n``` c", "a   c"),
        ("a ``` b", "a ``` b"),
        (r"a \`b` c", r"a \`b` c"),
        ("a `b\nc` d", "a `b\nc` d"),
        ("> a `b`\n> c", "a  \nc"),
        (">>> a\n`b`", "a\n "),
    ],
)
def test_what_is_code(text: str, outside: str) -> None:
    assert outside_code(text) == outside


# ---- Discord's description


@pytest.fixture
def described(shared_data: Path) -> Judge:
    return Judge(shared_data / "discord" / "openapi.json")


@pytest.mark.parametrize(
    ("route", "fine", "caught"),
    [
        (POST, {"content": "x"}, {"content": 1}),
        (EDIT, {"content": "x"}, {"flags": "4"}),
        (FOLLOWUP, {"content": "x"}, {"embeds": [{"color": -1}]}),
        (ANSWER_EDIT, {"content": "x"}, {"embeds": {}}),
        (("PATCH", "/webhooks/1/tok/messages/3"), {"content": "x"}, {"embeds": {}}),
        (CALLBACK, {"type": 5, "data": {"flags": 64}}, {"type": 99}),
        (COMMANDS, [command(type=1)], [{"description": "without a name"}]),
        (THREAD, {"name": "t", "auto_archive_duration": 1440}, {"name": ["t"]}),
    ],
)
def test_bodies_are_as_described(described: Judge, route: Route, fine: Any, caught: Any) -> None:
    if isinstance(fine, dict) and "content" in fine:
        fine, caught = {**SILENT, **fine}, {**SILENT, **caught}
    assert complaints(route, fine, described) == []
    described.look(*route, caught)
    assert any("$" in complaint for complaint in described.complaints)


def test_endpoints_are_as_described(described: Judge) -> None:
    assert complaints(("GET", "/gateway/bot"), None, described) == []
    [complaint] = complaints(("GET", "/papers"), None, described)
    assert "no such endpoint" in complaint


def test_ids_may_be_numbers_but_the_id_of_a_component_is_one(described: Judge) -> None:
    button = {"type": 2, "id": 7, "style": 1, "label": "x", "custom_id": "x"}
    body: dict[str, Any] = {
        **SILENT,
        "content": "x",
        "message_reference": {"message_id": 12, "channel_id": 13},
        "attachments": [{"id": 0, "filename": "a"}],
        "sticker_ids": [1],
        "components": [row(button)],
    }
    assert complaints(POST, body, described) == []
    button["id"] = "seven"
    assert len(complaints(POST, body, described)) == 1


def test_a_missing_body_is_caught(described: Judge) -> None:
    assert complaints(THREAD, {"name": "t"}, described) == []
    assert "body is missing" in complaints(THREAD, None, described)[0]


def test_the_description_is_read_once(described: Judge, shared_data: Path) -> None:
    assert described.description is not None
    another = Judge(shared_data / "discord" / "openapi.json")
    assert another.description is described.description


# ---- whatever comes


@pytest.mark.parametrize("body", [None, [], "x", 3, {"content": 7}, {"embeds": ["x"]}])
def test_no_body_upsets_the_judge(body: Any) -> None:
    for route in (POST, CALLBACK, COMMANDS, THREAD):
        complaints(route, body)


def test_a_complaint_names_the_request_the_fault_and_the_body() -> None:
    [complaint] = about_content("@here " + "x" * 1000)
    assert complaint.startswith("POST /channels/1/messages: @here in content: {")
    assert complaint.endswith("…")
    assert len(complaint) < 400
