"""NextVisit plugin: SMS over SMPP 3.4.

May import `sdk`; nobody may import it, its entry point is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.sdk.hookspecs import ChannelPlugin, hookimpl
from nextvisit_channel_sms_smpp.channel import CAPABILITIES, SmsSmppChannel, with_settings
from nextvisit_channel_sms_smpp.settings import SmsSmppSettings, silence

__all__ = ["SmsSmppChannel", "SmsSmppSettings", "channels"]


@hookimpl
def channels() -> Sequence[ChannelPlugin]:
    """The one channel of this plugin."""
    return (
        ChannelPlugin(
            slug="sms_smpp",
            settings=SmsSmppSettings,
            capabilities=CAPABILITIES,
            build=SmsSmppChannel,
            with_settings=with_settings,
            silence=silence,
        ),
    )
