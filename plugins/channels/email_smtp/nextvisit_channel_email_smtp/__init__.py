"""NextVisit plugin: E-mail over SMTP submission.

May import `sdk`; nobody may import it, its entry point is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.sdk.hookspecs import ChannelPlugin, hookimpl
from nextvisit_channel_email_smtp.channel import CAPABILITIES, EmailSmtpChannel
from nextvisit_channel_email_smtp.settings import EmailSmtpSettings, silence

__all__ = ["EmailSmtpChannel", "EmailSmtpSettings", "channels"]


@hookimpl
def channels() -> Sequence[ChannelPlugin]:
    """The one channel of this plugin."""
    return (
        ChannelPlugin(
            slug="email_smtp",
            settings=EmailSmtpSettings,
            capabilities=CAPABILITIES,
            build=EmailSmtpChannel,
            silence=silence,
        ),
    )
