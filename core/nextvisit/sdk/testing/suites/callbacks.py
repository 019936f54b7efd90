"""What comes in unasked, of channels and adapters alike: calls over HTTP, and sessions that the other side speaks on.

A peer gives examples with what they mean. The suite repeats them, reorders them, forges them and cuts them short.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import pytest

from nextvisit.sdk.doors import Handshake, Keep, RawInbound, RawRequest
from nextvisit.sdk.errors import NextVisitError, ProtocolError, Rejected, RetryLater
from nextvisit.sdk.ports import AnswersWebhooks, Listens
from nextvisit.sdk.soundness import naive_instants
from nextvisit.sdk.testing.suites.calls import Does, ask_now, outcome_now
from nextvisit.sdk.testing.suites.kit import Kit, kind_of
from nextvisit.sdk.testing.suites.leaks import Leaks
from nextvisit.sdk.testing.suites.mutations import GARBAGE, machine_zone, truncated
from nextvisit.sdk.testing.suites.verdict import fail, lacks, place_of, require


@dataclass(frozen=True, slots=True)
class Callback:
    """Something that the other side says, and what it means. raw: a whole call, signed as the other side signs
    it, or the bytes of a session as they are kept. means: the events that must be made of it, in their order.
    """

    raw: RawRequest | bytes
    means: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Pushed:
    """push(): the other side says something over its session. means: as of a `Callback`."""

    push: Does
    means: Sequence[Any]


class HeardPeer(Protocol):
    """Of a peer: what comes in.

    callbacks: examples, each different from the others. signs_body: whether the other side signs what it
    says; False where a word in the address or a header is all that proves who calls. pushed: one that the
    server really sends.
    """

    @property
    def callbacks(self) -> Sequence[Callback]: ...
    @property
    def signs_body(self) -> bool: ...
    @property
    def pushed(self) -> Pushed | None: ...
    @property
    def peer_loggers(self) -> tuple[str, ...]: ...


class CallbackTests(Kit):
    """The tests; `opened` and `make` are the suite's."""

    def opened(self) -> AbstractAsyncContextManager[Any]:
        """The peer of this test."""
        raise NotImplementedError

    def maker(self, peer: Any) -> Callable[[], Any]:
        """What makes a plugin that hears this peer."""
        raise NotImplementedError

    @pytest.mark.anyio
    async def test_what_comes_in_means_what_it_says(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            for number, each in enumerate(_callbacks(peer, plugin), 1):
                _compare(plugin, each, _parsed(plugin, each.raw), f"callback no. {number}")

    @pytest.mark.anyio
    async def test_what_comes_in_means_the_same_in_any_order_and_any_process(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            calls = _callbacks(peer, plugin)
            first = [list(_parsed(plugin, each.raw)) for each in calls]
            async with self.using(self.maker(peer)) as other:
                with machine_zone("Pacific/Kiritimati"):
                    again = [list(_parsed(other, each.raw)) for each in reversed(calls)]
            require(
                again[::-1] == first,
                "what a callback means depends on what came before it, or on this machine's zone",
                where=place_of(plugin, _parser_of(calls[0].raw)),
                right="parsing is pure: the same bytes give the same events, in whatever process and order",
            )

    @pytest.mark.anyio
    async def test_a_callback_that_was_cut_short_is_refused_in_order(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            leaks = Leaks(peer.peer_loggers)
            for each in _callbacks(peer, plugin):
                body = each.raw if isinstance(each.raw, bytes) else each.raw.body
                for part in (*truncated(body), *GARBAGE):
                    raw = part if isinstance(each.raw, bytes) else replace(each.raw, body=part)
                    with leaks.watch():
                        events, error = outcome_now(plugin, _parser_of(raw), _as_kept(raw))
                    _require_refusal_of_garbage(plugin, raw, events, error)
                    if error is not None:
                        leaks.caught(error)
            leaks.require_none(
                self.nextvisit_canaries,
                "an error of a callback that cannot be read, or what was logged with it,",
                where=place_of(plugin, _parser_of(peer.callbacks[0].raw)),
            )

    @pytest.mark.anyio
    async def test_a_forged_call_is_rejected(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            calls = _calls(peer, plugin)
            for call in calls:
                for what, forged in _forged(call, calls, signs_body=peer.signs_body):
                    _require_rejection(plugin, forged, what)

    @pytest.mark.anyio
    async def test_a_stranger_s_call_is_rejected_and_not_stumbled_over(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            for call in _calls(peer, plugin)[:1]:
                names = [name for name, _ in call.headers]
                odd = tuple((name, "podpiś") for name in names)
                for body in (call.body, *GARBAGE):
                    _require_rejection(
                        plugin, replace(call, headers=(), query=(), body=body), "without a proof"
                    )
                    strange = replace(call, headers=odd, query=(), body=body)
                    _require_rejection(plugin, strange, "with letters that are not ASCII in its headers")

    @pytest.mark.anyio
    async def test_a_repeated_call_is_one_thing_and_different_calls_are_two(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            calls = _calls(peer, plugin)
            where = place_of(plugin, "receive")
            named: dict[str, RawRequest] = {}
            for call in calls:
                kept = ask_now(plugin, "receive", call)
                if isinstance(kept, Handshake):
                    continue
                require(
                    isinstance(kept, Keep),
                    "receive gives neither Keep nor Handshake",
                    where=where,
                    right="one of them",
                )
                async with self.using(self.maker(peer)) as other:
                    again = [ask_now(each, "receive", call) for each in (plugin, other)]
                names = {one.dedupe for one in again}
                require(
                    names == {kept.dedupe}
                    and str(hash(call.body)) not in names
                    and str(hash(call)) not in names,
                    "a call that is repeated gets another dedupe key, and is done twice",
                    where=where,
                    right="the provider's id of the event, or a digest (hashlib) of the body; no chance, counter, time or hash()",
                )
                require(
                    kept.dedupe and kept.dedupe not in named,
                    "two different calls have one dedupe key, and the second is lost",
                    where=where,
                    right="the provider's id of the event, or a digest (hashlib) of the body",
                )
                named[kept.dedupe] = call

    @pytest.mark.anyio
    async def test_what_a_session_brings_is_heard_and_kept_before_it_is_acknowledged(self) -> None:
        async with self.opened() as peer, self.using(self.maker(peer)) as plugin:
            if not isinstance(plugin, Listens):
                lacks("this plugin listens to no session", "implement Listens if the other side has one")
            if peer.pushed is None:
                lacks("the peer does not say what a session brings", "give it `pushed`")
            inbox = _Inbox()
            serving = asyncio.create_task(plugin.serve(inbox))
            try:
                await self._until(
                    inbox.heard,
                    serving,
                    plugin,
                    wrong="serve never said inbox.listening()",
                    right="say it once the other side can reach us; doctor takes a listener that does not for deaf",
                )
                await self.does(peer.pushed, "push")
                await self._until(
                    inbox.refused,
                    serving,
                    plugin,
                    wrong="nothing of what the other side sends reaches the inbox",
                    right="put each thing into the inbox as it comes",
                )
                await self._until(
                    inbox.kept,
                    serving,
                    plugin,
                    wrong="what could not be kept did not come again: it was acknowledged",
                    right="acknowledge after inbox.put has returned; when it raises RetryLater, do not",
                )
            finally:
                serving.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await serving
            require(
                len({raw.dedupe for raw in inbox.raw}) == 1,
                "the same thing comes again under another dedupe key, and is done twice",
                where=place_of(plugin, "serve"),
                right="the other side's id of it, or a digest (hashlib) of it",
            )
            _compare(
                plugin,
                Callback(inbox.raw[-1].body, peer.pushed.means),
                _parsed(plugin, inbox.raw[-1].body),
                "what was pushed",
            )

    async def _until(
        self, event: asyncio.Event, serving: asyncio.Task[None], plugin: object, *, wrong: str, right: str
    ) -> None:
        waiting = asyncio.create_task(event.wait())
        await asyncio.wait(
            {waiting, serving}, timeout=self.deadline.total_seconds(), return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if serving.done() and not event.is_set() and (error := serving.exception()) is not None:
            name = kind_of(error) if isinstance(error, NextVisitError) else type(error).__name__
            fail(
                f"serve ended with {name}",
                where=place_of(plugin, "serve"),
                right="it runs until it is cancelled",
            )
        require(event.is_set(), wrong, where=place_of(plugin, "serve"), right=right)


class _Inbox:
    """Cannot keep the first thing, and keeps the next."""

    def __init__(self) -> None:
        self.heard, self.refused, self.kept = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.raw: list[RawInbound] = []

    async def put(self, raw: RawInbound) -> None:
        self.raw.append(raw)
        if not self.refused.is_set():
            self.refused.set()
            raise RetryLater("kit.inbox_full")
        self.kept.set()

    def listening(self) -> None:
        self.heard.set()

    def deaf(self, why: NextVisitError) -> None:
        """It tries again by itself."""


def _callbacks(peer: HeardPeer, plugin: object) -> Sequence[Callback]:
    if not isinstance(plugin, AnswersWebhooks | Listens):
        lacks(
            "nothing comes in unasked by this plugin", "implement AnswersWebhooks or Listens if anything does"
        )
    if not peer.callbacks:
        lacks("the peer has no example of what comes in", "give it `callbacks`")
    return peer.callbacks


def _calls(peer: HeardPeer, plugin: object) -> list[RawRequest]:
    if not isinstance(plugin, AnswersWebhooks):
        lacks("nobody calls this plugin over HTTP", "implement AnswersWebhooks if the other side does")
    calls = [each.raw for each in peer.callbacks if isinstance(each.raw, RawRequest)]
    if not calls:
        fail(
            "it answers webhooks, and no call shows how",
            where=place_of(plugin, "receive"),
            right="callbacks of the peer with a call of each sort, signed as the other side signs it",
        )
    return calls


def _parser_of(raw: RawRequest | bytes) -> str:
    return "parse_inbound" if isinstance(raw, bytes) else "parse_webhook"


def _as_kept(raw: RawRequest | bytes) -> RawRequest | bytes:
    return raw if isinstance(raw, bytes) else raw.as_kept()


def _parsed(plugin: object, raw: RawRequest | bytes) -> Sequence[Any]:
    found: Sequence[Any] = ask_now(plugin, _parser_of(raw), _as_kept(raw))
    return found


def _compare(plugin: object, wanted: Callback, found: Sequence[Any], what: str) -> None:
    where = f"{place_of(plugin, _parser_of(wanted.raw))}, {what}"
    require(
        [type(each).__name__ for each in found] == [type(each).__name__ for each in wanted.means],
        f"it means {_kinds(found)} instead of {_kinds(wanted.means)}",
        where=where,
        right="every event that the call tells of, in its order, and no other",
    )
    for want, have in zip(wanted.means, found, strict=True):
        require(
            not naive_instants(have),
            f"{', '.join(naive_instants(have))} of {type(have).__name__} has no zone",
            where=where,
            right="an aware instant, or None where the other side says no zone",
        )
        wrong = [each.name for each in fields(want) if getattr(want, each.name) != getattr(have, each.name)]
        said = f": {have.status} instead of {want.status}" if "status" in wrong else ""
        require(
            not wrong,
            f"{', '.join(wrong)} of {type(have).__name__} {'is' if len(wrong) == 1 else 'are'} wrong{said}",
            where=where,
            right="what the peer's `means` has",
        )


def _kinds(events: Sequence[Any]) -> str:
    return " and ".join(type(each).__name__ for each in events) or "nothing"


def _require_refusal_of_garbage(
    plugin: object, raw: RawRequest | bytes, events: Sequence[Any] | None, error: NextVisitError | None
) -> None:
    require(
        error is None or isinstance(error, ProtocolError),
        f"what cannot be read raises {'nothing' if error is None else kind_of(error)}",
        where=place_of(plugin, _parser_of(raw)),
        right="ProtocolError(whose='theirs'): it is parked and shown",
    )
    require(
        error is not None or events is not None,
        "what cannot be read gives None",
        where=place_of(plugin, _parser_of(raw)),
        right="ProtocolError(whose='theirs'): it is parked and shown",
    )


def _forged(
    call: RawRequest, calls: Sequence[RawRequest], *, signs_body: bool
) -> Iterator[tuple[str, RawRequest]]:
    yield "without its headers and its query", replace(call, headers=(), query=())
    guessed = tuple((name, _other(value)) for name, value in call.headers)
    asked = tuple((name, _other(value)) for name, value in call.query)
    yield "with other headers and another query", replace(call, headers=guessed, query=asked)
    if signs_body:
        yield "with another body under the same signature", replace(call, body=call.body + b" ")
        for other in calls:
            if other.body != call.body:
                yield "with the body of another call", replace(call, body=other.body)


def _other(value: str) -> str:
    """As long, and something else."""
    return "".join("0" if each != "0" else "1" for each in value)


def _require_rejection(plugin: object, forged: RawRequest, what: str) -> None:
    answer, error = outcome_now(plugin, "receive", forged)
    require(
        error is not None,
        f"a call {what} is kept: {type(answer).__name__}",
        where=place_of(plugin, "receive"),
        right="verify first, from the raw bytes and in constant time (hmac.compare_digest); else raise Rejected",
    )
    require(
        isinstance(error, Rejected),
        f"a call {what} raises {kind_of(error) if error else ''}",
        where=place_of(plugin, "receive"),
        right="Rejected before anything of the call is read: what is not the other side's has no form",
    )
