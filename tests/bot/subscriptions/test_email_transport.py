"""Digests by e-mail, over a real socket to an SMTP server on 127.0.0.1."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from bot.actions.doctor import check_mail
from bot.app import App
from bot.config import MailConfig, Settings
from bot.render.picture import Picture
from bot.subscriptions.delivery import DigestSender
from bot.subscriptions.email_transport import EmailTransport
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Rhythm, Subscription
from bot.subscriptions.store import SubscriptionStore
from rag.digest.make import make_digest
from rag.library import Library
from tests.certificates import make_certificate
from tests.papers import TIDAL
from tests.reliability.digest_world import here

NOON = datetime(2025, 2, 6, 12, tzinfo=UTC)


class Mailbox:
    """What the server does with a mail; the next answers can be chosen."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.rcpt: list[str] = []
        self.data: list[str | None] = []  # None: it takes the mail and hangs up without a word

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str,  # noqa: N802
                          options: list[str]) -> str:  # fmt: skip
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer is None or answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append((envelope.rcpt_tos[0], mail))
        if answer is None:
            assert server.transport is not None
            server.transport.close()
            return "250 nobody hears this"
        return answer


@pytest.fixture
async def mailbox() -> AsyncIterator[Any]:
    box = Mailbox()

    def let_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        knows = (data.login, data.password) == (b"paper", b"boy")
        return AuthResult(success=knows, handled=False)

    def serve() -> SMTP:
        return SMTP(box, hostname="127.0.0.1", authenticator=let_in, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    async with server:
        yield SimpleNamespace(box=box, port=server.sockets[0].getsockname()[1])


@pytest.fixture
def post_office(filled: Library, mailbox: Any) -> Callable[..., Any]:
    def make(password: str = "boy", **settings: Any) -> Any:
        clock = SimpleNamespace(now=NOON)
        values = {"host": "127.0.0.1", "port": mailbox.port, "security": "none", "user": "paper",
                  "sender": "Paperboy <paperboy@example.org>", "timeout_seconds": 5}  # fmt: skip
        config = MailConfig.model_validate(values | settings)
        database = filled.catalog.database
        store = SubscriptionStore(database)
        outbox = Outbox(database, store)
        picture = Picture(b"\x89PNG\r\n\x1a\n", "One paper about attention.")
        post = EmailTransport(config, password, clock=lambda: clock.now, picture=lambda _: picture)
        deliveries = DigestSender(
            store, outbox, filled.catalog,
            {"mail": post},
            make=lambda one, day: make_digest(filled, one.rhythm.period, day, one.wish),
            read=here, write=here, clock=lambda: clock.now, window=timedelta(hours=12),
        )  # fmt: skip
        wanted = Subscription(kind="mail", target="ada@example.net", rhythm=Rhythm(hour=12))
        store.add(wanted, NOON - timedelta(hours=1))

        async def go(after: timedelta = timedelta()) -> Any:
            clock.now += after
            outbox.plan(clock.now)
            for delivery in outbox.ready(clock.now):
                await deliveries.deliver(delivery)
            return outbox.rows()[0]

        return SimpleNamespace(go=go, store=store)

    return make


async def test_a_mail_has_text_html_and_a_way_to_unsubscribe(
    post_office: Any, mailbox: Any
) -> None:
    row = await post_office().go()
    assert (row.state, row.covers) == ("sent", date(2025, 2, 5))
    ((address, mail),) = mailbox.box.mails
    assert address == mail["To"] == "ada@example.net"
    assert mail["From"] == "Paperboy <paperboy@example.org>"
    assert "2025-02-05" in mail["Subject"]
    assert mail["List-Unsubscribe"] == "<mailto:paperboy@example.org?subject=unsubscribe%201>"
    assert mail["Message-ID"] == f"<{row.nonce}-0@example.org>"
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert [part.get_content_type() for part in mail.walk()].count("image/png") == 1
    assert "One paper about attention." in html
    for text in (plain, html):
        assert TIDAL.title in text
        assert TIDAL.url in text
        assert "paperboy subscriptions remove 1" in text


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"password": "wrong"}, "the mail server rejects the password in $PAPERBOY_MAIL_PASS"),
     ({"port": 9}, "the mail server 127.0.0.1 at port 9 cannot be used ("),
     ({"security": "starttls"}, "127.0.0.1 at port {port} does not offer STARTTLS: set [bot.mail]"),
     ({"security": "ssl"}, "127.0.0.1 at port {port} begins without TLS: set [bot.mail] security")],
)  # fmt: skip
async def test_an_unusable_mail_server_is_retried(
    post_office: Any, mailbox: Any, settings: dict[str, Any], reason: str
) -> None:
    row = await post_office(**settings).go()
    assert row.state == "sending"
    assert row.claimed_at is None
    assert row.reason.startswith(reason.format(port=mailbox.port))
    assert mailbox.box.mails == []


@pytest.mark.parametrize("where", ["rcpt", "data"])
async def test_a_busy_mail_server_gets_the_mail_later_and_once(
    post_office: Any, mailbox: Any, where: str
) -> None:
    office = post_office()
    getattr(mailbox.box, where).append("451 busy")
    assert (await office.go()).reason == "the mail server said 451 busy"
    assert mailbox.box.mails == []
    assert (await office.go(timedelta(minutes=2))).state == "sent"
    assert len(mailbox.box.mails) == 1


async def test_an_unknown_address_pauses_the_subscription(post_office: Any, mailbox: Any) -> None:
    office = post_office()
    mailbox.box.rcpt.append("550 no such user")
    row = await office.go()
    assert row.state == "failed"
    assert office.store.get(1).paused
    assert office.store.get(1).reason == (
        "the mail server accepts no mail for this address (550 no such user)"
    )


async def test_a_mail_that_may_have_arrived_is_not_sent_again(
    post_office: Any, mailbox: Any
) -> None:
    office = post_office()
    mailbox.box.data.append(None)
    row = await office.go()
    assert row.state == "failed"
    assert "it may have arrived, and sending it again might duplicate it" in row.reason
    assert (await office.go(timedelta(hours=1))).state == "failed"
    assert len(mailbox.box.mails) == 1
    assert not office.store.get(1).paused


async def test_a_mail_that_is_refused_fails_and_the_next_one_is_tried(
    post_office: Any, mailbox: Any
) -> None:
    office = post_office()
    mailbox.box.data.append("554 spam")
    row = await office.go()
    assert (row.state, row.reason) == ("failed", "the mail server refused it: 554 spam")
    assert not office.store.get(1).paused


@pytest.mark.parametrize("security", ["starttls", "ssl"])
async def test_a_mail_waits_for_a_certificate_that_is_trusted(
    post_office: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, security: str
) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    box, context = Mailbox(), certificate.server_context()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # a client that hangs up in the handshake

    def serve() -> SMTP:
        if security == "ssl":
            return SMTP(box, hostname="127.0.0.1")
        return SMTP(box, hostname="127.0.0.1", tls_context=context, require_starttls=True)

    implicit = context if security == "ssl" else None
    async with await loop.create_server(serve, "127.0.0.1", 0, ssl=implicit) as server:
        port = server.sockets[0].getsockname()[1]
        ca_file = tmp_path / "trusted.pem"
        office = post_office(port=port, user="", security=security, ca_file=str(ca_file))
        row = await office.go()
        assert "trusted.pem cannot be read (No such file or directory)" in row.reason
        ca_file.write_text("no certificate", encoding="utf-8")
        row = await office.go(timedelta(minutes=2))
        assert "trusted.pem has no certificate in PEM" in row.reason
        (tmp_path / "other").mkdir()
        other = make_certificate(tmp_path / "other", "127.0.0.1")
        ca_file.write_bytes(other.file.read_bytes())
        row = await office.go(timedelta(minutes=4))
        assert "the certificate of 127.0.0.1 is self-signed and not trusted: " in row.reason
        assert (row.state, row.claimed_at, row.attempts, box.mails) == ("sending", None, 3, [])
        assert row.reason in caplog.text
        ca_file.write_bytes(certificate.file.read_bytes())
        row = await office.go(timedelta(minutes=8))
        assert (row.state, row.reason) == ("sent", "")
        assert len(box.mails) == 1


async def test_the_doctor_checks_the_mail_server(
    mailbox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"host": "127.0.0.1", "port": mailbox.port, "security": "none", "user": "paper",
              "sender": "paperboy@example.org"}  # fmt: skip
    app = App(Settings.model_validate({"bot": {"mail": values}}), tmp_path, use_model=False)
    for password, is_well in (("boy", True), ("wrong", False)):
        monkeypatch.setenv("PAPERBOY_MAIL_PASSWORD", password)
        found = await asyncio.to_thread(check_mail, app)
        assert (found.name, found.ok, bool(found.cure)) == ("e-mail", is_well, not is_well)


def test_a_host_without_a_sender_is_a_config_error() -> None:
    with pytest.raises(ValueError, match="a host needs a sender"):
        MailConfig(host="127.0.0.1")
