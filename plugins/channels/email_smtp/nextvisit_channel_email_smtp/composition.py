"""OutgoingMessage → the bytes of a mail.

`email` refuses line ends in headers, and every header that a message can influence goes through it; the URL
of those that it cannot write is checked here.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import urlsplit

from nextvisit.sdk.channels import Mail, OutgoingMessage
from nextvisit.sdk.errors import ProtocolError, Rejected
from nextvisit_channel_email_smtp.settings import Sender

# 7-bit on the wire, so that no relay has to recode a signed body.
_POLICY = SMTP_POLICY.clone(cte_type="7bit", max_line_length=78)

_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f\x41-\x7e]+@[\x21-\x3b\x3d\x3f\x41-\x7e]+>")
"""RFC 5322, as mail servers make them. What another provider calls its messages is none."""


def compose(message: OutgoingMessage, content: Mail, recipient: str, sender: Sender, date: datetime) -> bytes:
    """Raises Rejected when the message cannot be a mail, ProtocolError when we were given nonsense."""
    # A mailbox's name beyond ASCII stands in a header as it is, or nowhere (RFC 6532).
    mail = EmailMessage(policy=_POLICY.clone(utf8=not recipient.isascii()))
    try:
        mail["From"] = Address(display_name=sender.name, addr_spec=sender.address)
        # The object is not used here: it would parse the address of a patient and quote it in errors.
        mail["To"] = recipient
        mail["Subject"] = content.subject
        mail["Date"] = format_datetime(date)
        mail["Message-ID"] = f"<{message.id}@{sender.domain}>"
        if message.reply_to is not None and _MESSAGE_ID.fullmatch(message.reply_to):
            mail["In-Reply-To"] = message.reply_to
            mail["References"] = message.reply_to
        mail["Auto-Submitted"] = "auto-generated"
        if message.language:
            mail["Content-Language"] = message.language
        mail.set_content(content.text, cte=_encoding(content.text))
        mail.add_alternative(content.html, subtype="html", cte=_encoding(content.html))
        return _unsubscribing(content) + mail.as_bytes()
    except (ValueError, HeaderParseError, UnicodeError):
        # Their words quote the header, so they are not passed on.
        raise Rejected("email.unsendable", "a header or body cannot be written", scope="message") from None


def _encoding(body: str) -> str:
    return "quoted-printable" if body.isascii() else "base64"


def _unsubscribing(content: Mail) -> bytes:
    """The headers of RFC 8058. Written here: `email` takes a long URL for words and encodes it, and then no
    provider shows its button."""
    if content.one_click_unsubscribe is None:
        return b""
    url = _unsubscribe(content.one_click_unsubscribe)
    return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode()


def _unsubscribe(url: str) -> str:
    """RFC 8058 asks for https; a URL that could end the header's <> is our own mistake."""
    parts = urlsplit(url)
    if (
        parts.scheme != "https"
        or not parts.netloc
        or not url.isascii()
        or not url.isprintable()
        or any(c in url for c in "<>, ")
    ):
        raise ProtocolError("email.unsubscribe_url", "must be a plain https URL", whose="ours")
    return url
