"""A connection to the SMTP server, and what is wrong with it in one sentence with its cure."""

import contextlib
import smtplib
import socket
import ssl
from pathlib import Path

from bot.config import MailConfig
from bot.subscriptions.records import LaterError

PASSWORD_VARIABLE = "PAPERBOY_MAIL_PASSWORD"
PROBE_SECONDS = 5.0  # for a second look at a server, to tell what is wrong
MAX_NAMES = 3  # of a certificate, in a sentence

# OpenSSL's numbers for what is wrong with a certificate (x509_vfy.h).
NOT_YET_VALID, EXPIRED, SELF_SIGNED, WRONG_HOST, WRONG_ADDRESS = 9, 10, 18, 62, 64
UNKNOWN_ISSUER = (2, 19, 20, 21)
TRUST = (
    "ask whoever runs it for the certificate of its authority, and name that file (PEM) in "
    "[bot.mail] ca_file"
)


class MailServer:
    """The SMTP server of the settings."""

    def __init__(self, config: MailConfig, password: str) -> None:
        self.config = config
        self.password = password

    def open(self) -> smtplib.SMTP:
        """Return a connection after the login. Raises LaterError, a sentence with the cure."""
        context = self._context()
        try:
            return self._connect(context)
        except smtplib.SMTPAuthenticationError as error:
            raise later(
                f"the mail server rejects the password in ${PASSWORD_VARIABLE}: correct it, or "
                "[bot.mail] user."
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise later(self._explain(error, context)) from error

    def _context(self) -> ssl.SSLContext:
        """Return what is trusted: the system's authorities and `ca_file`. Raises LaterError."""
        context = ssl.create_default_context()
        if not self.config.ca_file:
            return context
        # The server's own certificate may be in the file, without that of its authority.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        name = self.config.ca_file
        try:
            context.load_verify_locations(Path(name).expanduser())
        except ssl.SSLError as error:
            raise later(
                f"[bot.mail] ca_file {name} has no certificate in PEM: give a file with "
                "“BEGIN CERTIFICATE” in it (`openssl x509 -inform der` converts the other form)."
            ) from error
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise later(
                f"[bot.mail] ca_file {name} cannot be read ({reason}): correct the path, or clear "
                "it if the system trusts the server's authority."
            ) from error
        return context

    def _connect(self, context: ssl.SSLContext, *, logs_in: bool = True) -> smtplib.SMTP:
        config = self.config
        seconds = config.timeout_seconds
        if config.security == "ssl":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                config.host, config.port, timeout=seconds, context=context
            )
        else:
            server = smtplib.SMTP(config.host, config.port, timeout=seconds)
        try:
            server.ehlo_or_helo_if_needed()
            if config.security == "starttls":
                server.starttls(context=context)
                server.ehlo_or_helo_if_needed()  # the earlier greeting does not count any more
            if config.user and logs_in:
                server.login(config.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    # -- what is wrong ---------------------------------------------------------------------------

    def _explain(self, error: Exception, context: ssl.SSLContext) -> str:
        """Return the sentence for a connection that failed."""
        where = f"{self.config.host} at port {self.config.port}"
        match error:
            case ssl.SSLCertVerificationError():
                return self._explain_certificate(error, context)
            case _ if self.config.security == "ssl" and self._greets():
                return (
                    f"{where} begins without TLS: set [bot.mail] security to starttls, or port to "
                    "that of TLS from the start (usually 465)."
                )
            case smtplib.SMTPServerDisconnected() | TimeoutError() if (
                self.config.security != "ssl" and self._speaks_tls()
            ):
                return (
                    f"{where} speaks TLS from the start: set [bot.mail] security to ssl, or port "
                    "to that of STARTTLS (usually 587)."
                )
            case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
                return (
                    f"{where} does not offer STARTTLS: set [bot.mail] port to that of STARTTLS "
                    "(usually 587), or security to ssl (usually port 465) or none."
                )
            case smtplib.SMTPNotSupportedError() if self.config.security == "none":
                return (
                    f"{where} takes no password without TLS: set [bot.mail] security to starttls."
                )
            case TimeoutError():
                what = f"{where} did not answer within {self.config.timeout_seconds:g} s"
                return f"{what}: check [bot.mail] host, port and the network."
        what = f"the mail server {where} cannot be used ({reason_of(error)})"
        return f"{what}: check [bot.mail] host, port and security."

    def _explain_certificate(
        self, error: ssl.SSLCertVerificationError, context: ssl.SSLContext
    ) -> str:
        host = self.config.host
        match error.verify_code:
            case code if code == EXPIRED:
                return (
                    f"the certificate of {host} has expired: have whoever runs it renew it, and "
                    "check this machine's clock."
                )
            case code if code == NOT_YET_VALID:
                return f"the certificate of {host} is not valid yet: check this machine's clock."
            case code if code in (WRONG_HOST, WRONG_ADDRESS):
                names = self._names(context)
                of = f", but for {names}" if names else ""
                return (
                    f"the certificate of the mail server is not for {host}{of}: set [bot.mail] "
                    "host to the name that it is for."
                )
            case code if code == SELF_SIGNED:
                return (
                    f"the certificate of {host} is self-signed and not trusted: save it as a file "
                    "(PEM), after comparing it with the server's own, and name that in [bot.mail] "
                    "ca_file."
                )
            case code if code in UNKNOWN_ISSUER:
                return f"the certificate of {host} is from an authority that is not known: {TRUST}."
        return f"the certificate of {host} is not trusted ({error.verify_message}): {TRUST}."

    def _names(self, trusted: ssl.SSLContext) -> str:
        """Return the names that a trusted certificate is for, "" if they cannot be told."""
        trusted.check_hostname = False
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server = self._connect(trusted, logs_in=False)
            with contextlib.closing(server):
                if isinstance(server.sock, ssl.SSLSocket):
                    certificate = server.sock.getpeercert() or {}
                    names = [str(name[1]) for name in certificate.get("subjectAltName", ())]
                    return ", ".join(names[:MAX_NAMES])
        return ""

    def _greets(self) -> bool:
        """Return whether the server begins to speak by itself and without TLS, as SMTP does."""
        with contextlib.suppress(OSError), self._socket() as connection:
            return connection.recv(3) == b"220"
        return False

    def _speaks_tls(self) -> bool:
        """Return whether the server answers TLS from the start, with whatever certificate."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # nothing is sent
        with (
            contextlib.suppress(OSError),
            self._socket() as connection,
            context.wrap_socket(connection),
        ):
            return True
        return False

    def _socket(self) -> socket.socket:
        seconds = min(PROBE_SECONDS, self.config.timeout_seconds)
        return socket.create_connection((self.config.host, self.config.port), seconds)


def later(reason: str) -> LaterError:
    """Return the error for a mail that has not left, and is sent later."""
    return LaterError(reason, may_have_arrived=False)


def reason_of(error: Exception) -> str:
    """Return what an error of smtplib or the network says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
