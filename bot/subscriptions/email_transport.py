"""Digests by e-mail, through any SMTP server.

An SMTP server gives no way to ask whether it has a mail already. So a mail is claimed before its
text is handed over, and one whose handing over was interrupted is given up with that reason: it
is never sent twice. Until then, a refusal or a lost connection costs nothing but another try.
"""

import asyncio
import contextlib
import smtplib
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from bot.config import MailConfig
from bot.digest.records import Digest
from bot.render.digest import digest_mail
from bot.render.picture import Picture
from bot.subscriptions.records import Delivery, FailedError, GoneError, LaterError, Subscription

PASSWORD_VARIABLE = "PAPERBOY_MAIL_PASSWORD"
NO_PLACE_HERE = "the mail server takes no mail for this address"
ADDRESS_CODES = (550, 551, 553, 521, 556)  # of RCPT: no such mailbox, or none that takes mail


class MailPost:
    """Sends digests to e-mail addresses."""

    def __init__(
        self,
        config: MailConfig,
        password: str,
        *,
        clock: Callable[[], datetime],
        picture: Callable[[Digest], Picture | None] = lambda _: None,
    ) -> None:
        """`password` goes with `config.user`; without a user nobody logs in.

        `picture` draws a digest's topics, in a thread.
        """
        self.config = config
        self.password = password
        self.clock = clock
        self.picture = picture

    async def messages(self, subscription: Subscription, digest: Digest) -> Sequence[EmailMessage]:
        """Return one mail, as plain text and HTML."""
        sender, number = self.config.sender, subscription.id
        command = f"paperboy subscriptions remove {number}"
        picture = await asyncio.to_thread(self.picture, digest)
        mail = digest_mail(
            digest,
            picture=picture,
            unsubscribe=f"To get no more of these, answer this mail with “unsubscribe {number}”, "
            f"or have whoever runs Paperboy type: {command}",
        )
        mail["From"] = sender
        mail["To"] = subscription.target
        mail["Date"] = format_datetime(self.clock())
        mail["List-Unsubscribe"] = f"<mailto:{_bare(sender)}?subject=unsubscribe%20{number}>"
        mail["Auto-Submitted"] = "auto-generated"
        return [mail]

    async def send(self, subscription: Subscription, message: EmailMessage, name: str) -> None:
        """Hand the mail to the server."""
        message["Message-ID"] = f"<{name}@{_bare(self.config.sender).rpartition('@')[2]}>"
        await asyncio.to_thread(self._send, subscription.target, message)

    def check(self) -> None:
        """Connect and log in, and send nothing. Raises LaterError."""
        self._ready().close()

    def _ready(self) -> smtplib.SMTP:
        """Return a connection that is ready for a mail. Raises LaterError."""
        try:
            return self._connect()
        except smtplib.SMTPAuthenticationError as error:
            why = f"the mail server does not take the password in ${PASSWORD_VARIABLE}"
            raise _later(why) from error
        except (smtplib.SMTPException, OSError) as error:
            raise _later(f"the mail server cannot be used ({_words(error)})") from error

    def _send(self, address: str, message: EmailMessage) -> None:
        server = self._ready()
        try:
            self._hand_over(server, address, message)
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        config = self.config
        context = ssl.create_default_context()
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
                server.ehlo_or_helo_if_needed()  # what was said before does not count any more
            if config.user:
                server.login(config.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _hand_over(self, server: smtplib.SMTP, address: str, message: EmailMessage) -> None:
        try:
            for code, said, is_address in (
                (*server.mail(_bare(self.config.sender)), False),
                (*server.rcpt(address), True),
            ):
                if is_address and code in ADDRESS_CODES:
                    raise GoneError(f"{NO_PLACE_HERE} ({code} {said.decode(errors='replace')})")
                if code >= 400:
                    raise _later(f"the mail server said {code} {said.decode(errors='replace')}")
        except (smtplib.SMTPException, OSError) as error:
            raise _later(f"the mail server broke off ({_words(error)})") from error
        try:
            code, said = server.data(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
        except smtplib.SMTPDataError as error:  # it said no before it was given the mail
            raise _later(f"the mail server said {error.smtp_code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise FailedError(
                f"the mail server broke off while it took the mail ({_words(error)}); it may have "
                "arrived, and sending it again might double it"
            ) from error
        if code >= 500:
            raise FailedError(f"the mail server refused it: {code} {said.decode(errors='replace')}")
        if code >= 400:
            raise _later(f"the mail server said {code} {said.decode(errors='replace')}")
        with contextlib.suppress(smtplib.SMTPException, OSError):  # it has the mail
            server.quit()

    async def find(
        self,
        subscription: Subscription,  # noqa: ARG002  # see Post, as in the next one
        delivery: Delivery,  # noqa: ARG002
    ) -> bool | None:
        """Return that nobody can know."""
        return None

    async def tell(self, subscription: Subscription, reason: str) -> None:
        """Tell nobody: whoever made it sees it in `paperboy subscriptions list`."""


def _later(reason: str) -> LaterError:
    return LaterError(reason, may_have_left=False)


def _bare(sender: str) -> str:
    """Return the address in "Paperboy <paperboy@example.org>"."""
    return sender.partition("<")[2].rstrip("> ") or sender.strip()


def _words(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
