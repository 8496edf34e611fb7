"""Sends digests by e-mail, through any SMTP server.

An SMTP server cannot be asked whether it accepted an e-mail. So an e-mail is claimed before its
text is transferred, and one whose transfer was interrupted fails with that reason: it is never sent
twice. Before the transfer, a refusal or a lost connection only means another attempt.
"""

import asyncio
import contextlib
import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from bot.config import MailConfig
from bot.render.digest import digest_mail
from bot.render.picture import Picture
from bot.subscriptions.mail_server import MailServer, later, reason_of
from bot.subscriptions.records import Delivery, FailedError, GoneError, Subscription
from rag.digest.records import Digest

ADDRESS_REFUSED = "the mail server accepts no mail for this address"
ADDRESS_CODES = (550, 551, 553, 521, 556)  # replies to RCPT: no such mailbox, or it accepts no mail


class EmailTransport:
    """Sends digests to e-mail addresses."""

    def __init__(
        self,
        config: MailConfig,
        password: str,
        *,
        clock: Callable[[], datetime],
        picture: Callable[[Digest], Picture | None] = lambda _: None,
    ) -> None:
        """`password` belongs to `config.user`; without a user there is no login.

        `picture` draws the topics of a digest; it is called in a thread.
        """
        self.config = config
        self.server = MailServer(config, password)
        self.clock = clock
        self.picture = picture

    async def messages(self, subscription: Subscription, digest: Digest) -> Sequence[EmailMessage]:
        """Return one e-mail, as plain text and HTML."""
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
        mail["List-Unsubscribe"] = f"<mailto:{_address_of(sender)}?subject=unsubscribe%20{number}>"
        mail["Auto-Submitted"] = "auto-generated"
        return [mail]

    async def send(self, subscription: Subscription, message: EmailMessage, name: str) -> int:
        """Transfer the e-mail to the server; return 0."""
        message["Message-ID"] = f"<{name}@{_address_of(self.config.sender).rpartition('@')[2]}>"
        await asyncio.to_thread(self._send, subscription.target, message)
        return 0

    def _send(self, address: str, message: EmailMessage) -> None:
        server = self.server.open()
        try:
            self._transfer(server, address, message)
        finally:
            server.close()

    def _transfer(self, server: smtplib.SMTP, address: str, message: EmailMessage) -> None:
        try:
            for code, said, is_safe_url in (
                (*server.mail(_address_of(self.config.sender)), False),
                (*server.rcpt(address), True),
            ):
                if is_safe_url and code in ADDRESS_CODES:
                    reply = said.decode(errors="replace")
                    raise GoneError(f"{ADDRESS_REFUSED} ({code} {reply})")
                if code >= 400:
                    raise later(f"the mail server said {code} {said.decode(errors='replace')}")
        except (smtplib.SMTPException, OSError) as error:
            raise later(f"the mail server broke off ({reason_of(error)})") from error
        try:
            code, said = server.data(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
        except smtplib.SMTPDataError as error:  # it refused before the transfer
            raise later(f"the mail server said {error.smtp_code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise FailedError(
                f"the mail server broke off while it accepted the mail ({reason_of(error)}); it "
                "may have arrived, and sending it again might duplicate it"
            ) from error
        if code >= 500:
            raise FailedError(f"the mail server refused it: {code} {said.decode(errors='replace')}")
        if code >= 400:
            raise later(f"the mail server said {code} {said.decode(errors='replace')}")
        with contextlib.suppress(smtplib.SMTPException, OSError):  # the mail is accepted already
            server.quit()

    async def find(
        self,
        subscription: Subscription,  # noqa: ARG002  # see Transport, as in the next one
        delivery: Delivery,  # noqa: ARG002
    ) -> int | None:
        """Return None: an SMTP server cannot be asked."""
        return None

    async def arrived(
        self, subscription: Subscription, message: EmailMessage, message_id: int
    ) -> None:
        """Record nothing: nobody replies to an e-mail."""

    async def notify(self, subscription: Subscription, reason: str) -> None:
        """Notify nobody: `paperboy subscriptions list` shows it."""


def _address_of(sender: str) -> str:
    """Return the address in "Paperboy <paperboy@example.org>"."""
    return sender.partition("<")[2].rstrip("> ") or sender.strip()
