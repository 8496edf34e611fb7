"""What is wrong with a mail server's TLS, over real sockets on 127.0.0.1."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from cryptography.hazmat.primitives import serialization

from bot.actions.doctor import Check, check_mail
from bot.app import App
from bot.config import Settings
from tests.certificates import Certificate, make_certificate

HOST = "127.0.0.1"


@contextlib.asynccontextmanager
async def smtp(
    certificate: Certificate | None, *, from_the_start: bool = False
) -> AsyncIterator[int]:
    """Serve SMTP with TLS after STARTTLS or from the start, or without; yield the port."""
    context = certificate.server_context() if certificate else None

    def serve() -> SMTP:
        starttls = None if from_the_start else context
        return SMTP(object(), hostname=HOST, tls_context=starttls, require_starttls=bool(starttls))

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # a client that hangs up in the handshake
    implicit = context if from_the_start else None
    server = await loop.create_server(serve, HOST, 0, ssl=implicit)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def checked(port: int, **settings: Any) -> Check:
    """Return what `paperboy doctor` says of the server."""
    mail = {"host": HOST, "port": port, "sender": "paperboy@example.org", "timeout_seconds": 2}
    app = App(Settings.model_validate({"bot": {"mail": mail | settings}}), Path("nowhere"))
    return await asyncio.to_thread(check_mail, app)


@pytest.mark.parametrize("security", ["starttls", "ssl"])
async def test_a_private_authority_and_a_self_signed_certificate_are_trusted_by_ca_file(
    tmp_path: Path, security: str
) -> None:
    authority = make_certificate(tmp_path, "authority.example", is_authority=True)
    issued = make_certificate(tmp_path, HOST, issuer=authority)
    (tmp_path / "own").mkdir()
    own = make_certificate(tmp_path / "own", HOST)
    for certificate, trusted in ((issued, authority), (issued, issued), (own, own)):
        async with smtp(certificate, from_the_start=security == "ssl") as port:
            check = await checked(port, security=security, ca_file=str(trusted.file))
            assert (check.ok, check.cure) == (True, ""), check.detail
            assert not (await checked(port, security=security)).ok


async def test_ca_file_may_begin_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with smtp(make_certificate(tmp_path, HOST)) as port:
        assert (await checked(port, ca_file=f"~/{HOST}.pem")).ok


@pytest.mark.parametrize("security", ["starttls", "ssl"])
@pytest.mark.parametrize(
    ("made", "detail", "cure"),
    [
        ({}, "the certificate of 127.0.0.1 is self-signed and not trusted",
         "save it as a file (PEM), after comparing it with the server's own, and name that in "
         "[bot.mail] ca_file."),
        ({"issuer": "unknown"},
         "the certificate of 127.0.0.1 is from an authority that is not known",
         "ask whoever runs it for the certificate of its authority, and name that file (PEM) in "
         "[bot.mail] ca_file."),
        ({"issuer": "known", "ends": -1}, "the certificate of 127.0.0.1 has expired",
         "have whoever runs it renew it, and check this machine's clock."),
        ({"issuer": "known", "starts": 1}, "the certificate of 127.0.0.1 is not valid yet",
         "check this machine's clock."),
        ({"issuer": "known", "host": "mail.example.org"},
         "the certificate of the mail server is not for 127.0.0.1, but for mail.example.org",
         "set [bot.mail] host to the name that it is for."),
        ({"issuer": "known", "host": "10.1.2.3"},
         "the certificate of the mail server is not for 127.0.0.1, but for 10.1.2.3",
         "set [bot.mail] host to the name that it is for."),
    ],
)  # fmt: skip
async def test_a_certificate_that_is_not_trusted_is_explained(
    tmp_path: Path, security: str, made: dict[str, Any], detail: str, cure: str
) -> None:
    known = make_certificate(tmp_path, "known.example", is_authority=True)
    unknown = make_certificate(tmp_path, "unknown.example", is_authority=True)
    options = {"host": HOST} | made
    if "issuer" in made:
        options["issuer"] = known if made["issuer"] == "known" else unknown
    certificate = make_certificate(tmp_path, **options)
    async with smtp(certificate, from_the_start=security == "ssl") as port:
        check = await checked(port, security=security, ca_file=str(known.file))
    assert (check.name, check.ok, check.detail, check.cure) == ("e-mail", False, detail, cure)


@pytest.mark.parametrize("security", ["starttls", "none"])
async def test_a_port_that_speaks_tls_from_the_start_is_told(tmp_path: Path, security: str) -> None:
    async with smtp(make_certificate(tmp_path, HOST), from_the_start=True) as port:
        check = await checked(port, security=security, timeout_seconds=1)
    assert check.detail == f"127.0.0.1 at port {port} speaks TLS from the start"
    assert check.cure == (
        "set [bot.mail] security to ssl, or port to that of STARTTLS (usually 587)."
    )


async def test_a_port_that_begins_without_tls_is_told(tmp_path: Path) -> None:
    for certificate in (make_certificate(tmp_path, HOST), None):
        async with smtp(certificate) as port:
            check = await checked(port, security="ssl")
        assert check.detail == f"127.0.0.1 at port {port} begins without TLS"
        assert check.cure == (
            "set [bot.mail] security to starttls, or port to that of TLS from the start (usually "
            "465)."
        )


async def test_a_port_without_starttls_is_told() -> None:
    async with smtp(None) as port:
        check = await checked(port, security="starttls")
    assert check.detail == f"127.0.0.1 at port {port} does not offer STARTTLS"
    assert "security to ssl (usually port 465) or none" in check.cure


async def test_a_password_that_needs_tls_is_told(tmp_path: Path) -> None:
    async with smtp(make_certificate(tmp_path, HOST)) as port:
        check = await checked(port, security="none", user="paper")
    assert not check.ok
    assert "security" in check.cure


async def test_a_port_where_nobody_answers_is_told() -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        check = await checked(port, timeout_seconds=0.3)
        assert check.cure == "check [bot.mail] host, port and security."
    check = await checked(port)
    assert "refused" in check.detail
    assert check.cure == "check [bot.mail] host, port and security."


@pytest.mark.parametrize(
    ("content", "detail", "cure"),
    [
        (None, "cannot be read (No such file or directory)", "correct the path, or clear it"),
        ("folder", "cannot be read (Is a directory)", "correct the path, or clear it"),
        (b"", "has no certificate in PEM", "BEGIN CERTIFICATE"),
        (b"Dear customer,\nplease find enclosed ...\n", "has no certificate in PEM", "openssl x50"),
        (b"-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n",
         "has no certificate in PEM", "openssl x509 -inform der"),
        ("key", "has no certificate in PEM", "BEGIN CERTIFICATE"),
        ("der", "has no certificate in PEM", "openssl x509 -inform der"),
    ],
)  # fmt: skip
async def test_a_ca_file_that_is_none_is_told(
    tmp_path: Path, content: bytes | str | None, detail: str, cure: str
) -> None:
    certificate = make_certificate(tmp_path, HOST)
    path = tmp_path / "ca.pem"
    if content == "folder":
        path.mkdir()
    elif content == "key":
        path.write_bytes(certificate.key_file.read_bytes())
    elif content == "der":
        path.write_bytes(certificate.certificate.public_bytes(serialization.Encoding.DER))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    async with smtp(certificate) as port:
        check = await checked(port, ca_file=str(path))
    assert not check.ok
    assert check.detail == f"[bot.mail] ca_file {path} {detail}"
    assert cure in check.cure


async def test_nothing_is_said_to_a_server_whose_certificate_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look for the certificate's names does not log in either."""
    monkeypatch.setenv("PAPERBOY_MAIL_PASSWORD", "s3cret-word")
    known = make_certificate(tmp_path, "known.example", is_authority=True)
    heard: list[bytes] = []

    class Listener(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport
            transport.write(b"220 mail.example ESMTP\r\n")  # type: ignore[attr-defined]

        def data_received(self, data: bytes) -> None:
            heard.append(data)
            reply = b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n"
            self.transport.write(reply)  # type: ignore[attr-defined]

    certificate = make_certificate(tmp_path, "mail.example", issuer=known)
    loop = asyncio.get_running_loop()
    context: ssl.SSLContext = certificate.server_context()
    server = await loop.create_server(Listener, HOST, 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        check = await checked(port, security="ssl", user="paper", ca_file=str(known.file))
    assert check.detail.endswith("is not for 127.0.0.1, but for mail.example")
    assert all(said.lower().startswith(b"ehlo") for said in heard)
