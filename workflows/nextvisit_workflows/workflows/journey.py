"""One patient's run through one campaign version: the shell around `flow.step`. It decides nothing.

    effects ─▶ activities and timers          results, timers, signals ─▶ events

Signals are numbered by the store without gaps, and consumed in that order whatever order they arrive
in. While an action is out they wait; the gate inside the activity looks at the database itself, and
what it finds there comes back with the result and goes before it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from nextvisit.flow.engine.effects import Effect, Finish, Wait
    from nextvisit.flow.engine.events import Event, Signal, Started, Timer
    from nextvisit.flow.engine.follow import Began, Heard, Past, Resulted, Waited
    from nextvisit.flow.engine.program import Program
    from nextvisit.flow.engine.state import Outcome, State
    from nextvisit.flow.engine.step import begin, step
    from nextvisit.flow.verbs import AnyAction, AnyEffect
    from nextvisit.sdk.errors import Bug
    from nextvisit_workflows.runtime import registry
    from nextvisit_workflows.runtime.pacing import AT_ONCE, retry_policy
    from nextvisit_workflows.runtime.wire import (
        ActionIn,
        ActionOut,
        FinishIn,
        JourneyIn,
        SignalIn,
        queue_for,
    )

MOST_EVENTS = 1000
"""A history longer than this goes on in a new run."""

_FINISH_ATTEMPT = timedelta(seconds=10)


@workflow.defn(name="PatientJourney")
class PatientJourney:
    """Interprets any campaign."""

    @workflow.init
    def __init__(self, start: JourneyIn) -> None:
        self._seen = start.state.seen if start.state else 0
        self._signals: dict[int, Signal] = {}
        self._actions = start.actions
        self._past: list[Past] = list(start.past)
        for signal in start.backlog:
            self._keep(signal)

    @workflow.signal(name="tell")
    def tell(self, told: SignalIn) -> None:
        """Only keeps it; `run` consumes it in its turn."""
        self._keep(told.event)

    @workflow.run
    async def run(self, start: JourneyIn) -> str:
        """Returns the outcome."""
        program = registry.program(start.campaign, start.version, frozenset(start.channels))
        if start.state is None:
            state, effect = self._begin(program, start)
        else:
            state, effect = _next((start.state, start.pending))
        while not isinstance(effect, Finish):
            event: Event
            if isinstance(effect, Wait):
                await self._continue_as_new_if_long(start, state, effect)
                event = await self._signal_or_timer(effect)
            else:
                done = await self._carry_out(start, effect)
                state, ended = self._hear(program, state, done)
                if ended is not None:
                    effect = ended
                    continue
                self._past.append(Resulted())
                event = done.result
            state, effect = self._counted(step(program, state, event))
        await self._finish(start, effect.outcome)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return effect.outcome.value

    def _begin(self, program: Program, start: JourneyIn) -> tuple[State, AnyEffect]:
        began = Began(at=_now())
        self._past.append(began)
        state = begin(program, start.enrolled_at, start.flags)
        return self._counted(step(program, state, Started(at=began.at, flags=start.flags)))

    def _counted(self, stepped: tuple[State, tuple[Effect, ...]]) -> tuple[State, AnyEffect]:
        state, effect = _next(stepped)
        if not isinstance(effect, Wait | Finish):
            self._actions += 1
        return state, effect

    async def _carry_out(self, start: JourneyIn, action: AnyAction) -> ActionOut:
        past, self._past = tuple(self._past), []
        done: ActionOut = await workflow.execute_activity(
            action.activity,
            ActionIn(start.journey, self._actions, past, action.node, action.occurrence),
            task_queue=queue_for(action.carrier),
            result_type=ActionOut,
            start_to_close_timeout=registry.attempt(),
            retry_policy=retry_policy(registry.clock()),
        )
        return done

    async def _finish(self, start: JourneyIn, outcome: Outcome) -> None:
        await workflow.execute_local_activity(
            "finish",
            FinishIn(start.journey, self._actions, tuple(self._past), outcome),
            start_to_close_timeout=_FINISH_ATTEMPT,
            retry_policy=retry_policy(registry.clock()),
        )

    def _hear(self, program: Program, state: State, done: ActionOut) -> tuple[State, Finish | None]:
        """What came before the action's result goes before it; it may end the journey."""
        for signal in done.news:
            self._keep(signal)
        while (due := self._due()) is not None and due.at <= done.result.at:
            state, effects = step(program, state, self._take(due))
            for effect in effects:
                if isinstance(effect, Finish):
                    return state, effect
        return state, None

    def _keep(self, signal: Signal) -> None:
        if signal.seq > self._seen:
            self._signals.setdefault(signal.seq, signal)

    async def _signal_or_timer(self, wait: Wait) -> Event:
        """Whatever comes first by the clinic's clock, even if this worker learns of both at once."""
        # Again, for a demo's clock may have stood meanwhile.
        while self._due() is None and (left := _wall_left(wait.until)) > AT_ONCE:
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._due() is not None, timeout=left)
        signal = self._due()
        if signal is None or signal.at >= wait.until:
            timer = Timer(at=max(wait.until, _now()))
            self._past.append(Waited(at=timer.at))
            return timer
        return self._take(signal)

    def _take(self, signal: Signal) -> Signal:
        self._seen = signal.seq
        self._past.append(Heard(signal.seq))
        return self._signals.pop(signal.seq)

    def _due(self) -> Signal | None:
        return self._signals.get(self._seen + 1)

    async def _continue_as_new_if_long(self, start: JourneyIn, state: State, effect: AnyEffect) -> None:
        info = workflow.info()
        if not info.is_continue_as_new_suggested() and info.get_current_history_length() <= MOST_EVENTS:
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(
            JourneyIn(
                journey=start.journey,
                campaign=start.campaign,
                version=start.version,
                enrolled_at=start.enrolled_at,
                channels=start.channels,
                flags=start.flags,
                state=state,
                pending=(effect,),
                backlog=tuple(self._signals[seq] for seq in sorted(self._signals)),
                actions=self._actions,
                past=tuple(self._past),
            )
        )


def _now() -> datetime:
    return registry.clock().at_wall(workflow.now())


def _wall_left(until: datetime) -> timedelta:
    return registry.clock().wall_until(until, workflow.now())


def _next(stepped: tuple[State, tuple[Effect, ...]]) -> tuple[State, AnyEffect]:
    """A step asks for one thing. Bug otherwise, which suspends the journey until we have mended it."""
    state, effects = stepped
    if len(effects) == 1 and isinstance(effects[0], AnyEffect):
        return state, effects[0]
    raise Bug("flow.effects", f"{len(effects)} effects at {state.node} while {state.phase.name}")
