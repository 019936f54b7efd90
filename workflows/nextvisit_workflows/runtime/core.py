"""The core of Temporal's SDK, which speaks for itself: its lines go where every library's go."""

from __future__ import annotations

import logging
from functools import cache

from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter


@cache
def core() -> Runtime:
    """The one of this process, for whatever makes a client, also by default. It has threads of its own.

    By itself it writes to standard error, in words and colours; of what it passes on `watch.logs` prints that
    it spoke and where.
    """
    spoken = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logging.getLogger("temporalio")),
    )
    made = Runtime(telemetry=TelemetryConfig(logging=spoken))
    Runtime.set_default(made, error_if_already_set=False)
    return made
