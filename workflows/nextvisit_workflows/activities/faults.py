"""Errors of ours as Temporal's, in one place. Everything is tried again; only the pause differs.

Nobody leaves a journey because a server is down or an operator has mistyped a setting: what ends a
message is its deadline, and what ends a journey is the campaign.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from nextvisit.clock import Clock
from nextvisit.sdk.errors import ConfigError, NextVisitError, RetryLater
from nextvisit.store.base.engine import Database
from nextvisit_workflows.activities.unexpected import UnexpectedError, refuse
from nextvisit_workflows.runtime.pacing import LONGEST, backoff, pause, wished

log = structlog.get_logger()


class _Equipped(Protocol):
    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...


Self = TypeVar("Self", bound=_Equipped)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def translated(
    run: Callable[Concatenate[Self, Given], Awaitable[Answer]],
) -> Callable[Concatenate[Self, Given], Coroutine[Any, Any, Answer]]:
    """An activity's method whose errors reach Temporal by kind and code, without anything of a patient."""

    @functools.wraps(run)
    async def attempt(self: Self, /, *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return await run(self, *args, **kwargs)
        except NextVisitError as error:
            raise _of_ours(error, self.clock) from None
        except UnexpectedError as error:
            raise await refuse(self.db, error) from None
        except ApplicationError:
            raise
        except Exception as error:  # noqa: BLE001
            # The outermost place of an attempt: a library's message may hold a patient's data, so only
            # the class and the place in our code go on.
            log.error("activity.broken", kind=type(error).__name__)  # noqa: TRY400
            delay = pause(self.clock, backoff(activity.info().attempt))
            raise ApplicationError("unexpected", type=type(error).__name__, next_retry_delay=delay) from None

    return attempt


def _of_ours(error: NextVisitError, clock: Clock) -> ApplicationError:
    kind = type(error).__name__
    number = activity.info().attempt
    if isinstance(error, RetryLater):
        log.info("activity.postponed", kind=kind, code=error.code, attempt=number)
        delay = pause(clock, wished(error.after, backoff(number)))
        return ApplicationError(error.code, type=kind, next_retry_delay=delay)
    # Somebody has to do something first; until then it is asked again now and then.
    place = error.place if isinstance(error, ConfigError) else None
    log.error("activity.refused", kind=kind, code=error.code, attempt=number, place=place)
    return ApplicationError(error.code, type=kind, next_retry_delay=pause(clock, LONGEST))
