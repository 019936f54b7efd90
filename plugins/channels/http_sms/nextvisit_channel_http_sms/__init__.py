"""NextVisit plugin: SMS over HTTP, through a gateway that the settings describe.

May import `sdk`; nobody may import it, its entry point is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.sdk.hookspecs import ChannelPlugin, hookimpl
from nextvisit_channel_http_sms.channel import CAPABILITIES, HttpSmsChannel, with_settings
from nextvisit_channel_http_sms.settings import HttpSmsSettings, silence

__all__ = ["HttpSmsChannel", "HttpSmsSettings", "channels"]


@hookimpl
def channels() -> Sequence[ChannelPlugin]:
    """The one channel of this plugin."""
    return (
        ChannelPlugin(
            slug="http_sms",
            settings=HttpSmsSettings,
            capabilities=CAPABILITIES,
            build=HttpSmsChannel,
            with_settings=with_settings,
            silence=silence,
        ),
    )
