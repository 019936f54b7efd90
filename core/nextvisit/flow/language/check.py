"""Does a campaign make sense, and can this site run it? Faults with places; a warning stops nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta

from nextvisit.files.fault import Fault
from nextvisit.files.part import nearest
from nextvisit.flow.engine.state import NodeId
from nextvisit.flow.grammar.lowering import Lowered
from nextvisit.flow.language.load import LoadedCampaign
from nextvisit.flow.language.model import RungText
from nextvisit.flow.verbs.end import EndNode
from nextvisit.messages.catalogue import MessageText
from nextvisit.messages.forms import FORMS, form_of, free_of_session, parts_of, with_media
from nextvisit.sdk.channels import ChannelCapabilities, DeliveryStatus, MessageForm
from nextvisit.sdk.records import ChannelKind

_AWAITED: Mapping[str, frozenset[DeliveryStatus]] = {
    "delivered": frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.OPENED, DeliveryStatus.READ}),
    "opened": frozenset({DeliveryStatus.OPENED, DeliveryStatus.READ}),
    "read": frozenset({DeliveryStatus.READ}),
}


def check_campaign(
    loaded: LoadedCampaign, channels: Mapping[ChannelKind, ChannelCapabilities]
) -> tuple[Fault, ...]:
    """All faults, in the order of the files. `channels`: what the site's connections can do, by kind."""
    faults = [
        *_ladder(loaded, channels),
        *_graph(loaded.lowered),
        *_languages(loaded),
        *_templates(loaded, channels),
    ]
    unique = dict.fromkeys(faults)
    return tuple(sorted(unique, key=lambda fault: (fault.file, fault.line, fault.column)))


def _ladder(loaded: LoadedCampaign, channels: Mapping[ChannelKind, ChannelCapabilities]) -> Iterator[Fault]:
    for rung in loaded.model.ladder:
        yield from _rung(rung, channels)
    rungs = loaded.model.ladder
    if not any(kind in channels for rung in rungs for kind in rung.channel):
        wanted = ", ".join(kind for rung in rungs for kind in rung.channel)
        message = f"no connection of this site offers any of these channels: {wanted}; add one"
        yield loaded.model.place.fault_at("ladder", message)
    if rungs[-1].until is not None:
        message = "`until` on the last rung has no effect: there is no rung after it"
        yield rungs[-1].place.fault_at("until", message, severity="warning")
    seen: set[ChannelKind] = set()
    for rung in rungs:
        for kind in rung.channel:
            if kind in seen:
                message = f"`{kind}` is on the ladder twice"
                yield rung.place.fault_at("channel", message, severity="warning")
            seen.add(kind)


def _absent(rung: RungText, kind: ChannelKind, channels: Collection[ChannelKind]) -> Fault:
    """Kinds are what plugins bring, so that a slip of the pen can only be told by what it resembles."""
    if near := nearest(kind, channels):
        message = f"`{kind}` is not possible here; did you mean `{near}`?"
        return rung.place.fault_at("channel", message)
    message = f"no connection of this site offers `{kind}`; it will be passed over"
    return rung.place.fault_at("channel", message, severity="warning")


def _rung(rung: RungText, channels: Mapping[ChannelKind, ChannelCapabilities]) -> Iterator[Fault]:
    for kind in rung.channel:
        if kind not in channels:
            yield _absent(rung, kind, channels)
        elif rung.until is not None and not channels[kind].reports & _AWAITED[rung.until]:
            possible = [word for word, news in _AWAITED.items() if channels[kind].reports & news]
            instead = f"; it can report: {', '.join(possible)}" if possible else "; remove `until` and `for`"
            yield rung.place.fault_at("until", f"`{kind}` never reports `{rung.until}`{instead}")


def _graph(lowered: Lowered) -> Iterator[Fault]:
    reached = _reachable(lowered, lowered.start)
    for node in _tops_of_unreachable(lowered, reached):
        message = "no path leads to this step; go to it from somewhere, or remove it"
        yield lowered.places[node].fault(message)
    ending = _can_end(lowered)
    lost = [node for node in lowered.places if node in reached and node not in ending]
    if lost:
        message = "from here the journey can never end; add a path to `end`"
        yield lowered.places[min(lost, key=lambda node: _order(lowered, node))].fault(message)
    for node in _loops_without_wait(lowered):
        if node in reached:
            message = "this is a loop without a wait: it would run in an instant; add a `wait` or an `ask`"
            yield lowered.places[node].fault(message)


def _order(lowered: Lowered, node: NodeId) -> tuple[int, int]:
    mark = lowered.places[node].mark
    return (mark.line, mark.column)


def _tops_of_unreachable(lowered: Lowered, reached: AbstractSet[NodeId]) -> Iterator[NodeId]:
    """Of a chain that nobody reaches its first step, of a loop the first in the file, and no other."""
    lost = lowered.places.keys() - reached
    led_to = {target for node in lost for target, _ in lowered.nodes[node].successors() if target != node}
    covered: set[NodeId] = set()
    for node in sorted(lost, key=lambda node: (node in led_to, _order(lowered, node))):
        if node not in covered:
            yield node
            covered |= _reachable(lowered, node)


def _reachable(lowered: Lowered, start: NodeId) -> set[NodeId]:
    reached: set[NodeId] = set()
    todo = [start]
    while todo:
        node = todo.pop()
        if node not in reached:
            reached.add(node)
            todo += [target for target, _ in lowered.nodes[node].successors()]
    return reached


def _can_end(lowered: Lowered) -> set[NodeId]:
    ending = {node for node, what in lowered.nodes.items() if isinstance(what, EndNode)}
    grown = True
    while grown:
        more = {
            node
            for node, what in lowered.nodes.items()
            if node not in ending and any(target in ending for target, _ in what.successors())
        }
        ending |= more
        grown = bool(more)
    return ending


def _loops_without_wait(lowered: Lowered) -> list[NodeId]:
    """One node of each loop that takes no time: the first in the file."""
    found: list[NodeId] = []
    covered: set[NodeId] = set()
    for node in sorted(lowered.places, key=lambda node: _order(lowered, node)):
        loop = _instant_loop(lowered, node)
        if loop and node not in covered:
            found.append(node)
        covered |= loop
    return found


def _instant_loop(lowered: Lowered, start: NodeId) -> set[NodeId]:
    """The nodes that `start` reaches at once and that reach it at once; none if it is on no such loop."""
    return {node for node in _at_once(lowered, start) if start in _at_once(lowered, node)}


def _at_once(lowered: Lowered, start: NodeId) -> set[NodeId]:
    """What is reached from `start` in an instant; `start` itself only over a loop."""
    reached: set[NodeId] = set()
    todo = [start]
    while todo:
        for target, passes_time in lowered.nodes[todo.pop()].successors():
            if not passes_time and target not in reached:
                reached.add(target)
                todo.append(target)
    return reached


def _languages(loaded: LoadedCampaign) -> Iterator[Fault]:
    wanted = loaded.model.languages
    if not loaded.message_files:
        yield loaded.model.place.fault("this campaign has no messages; add messages/<language>.yaml")
        return
    for language in wanted or ():
        if language not in loaded.message_files:
            message = f"there is no messages file for the language `{language}`; add one"
            yield loaded.model.place.fault_at("languages", message)
    for language, file in loaded.message_files.items():
        if wanted and language not in wanted:
            message = f"`{language}` is not among the campaign's languages and is never used"
            yield file.place.fault_at("language", message, severity="warning")


def _out_of_session(name: str, text: MessageText, carriers: Iterable[ChannelCapabilities]) -> Iterator[Fault]:
    """What opens a conversation there cannot go out; what answers soon can."""
    written = text.wordings()
    for can in carriers:
        carried = with_media(written, can)
        if can.session is None or form_of(written, carried) is None:
            continue
        if form_of(written, free_of_session(carried)) is None:
            part = FORMS[MessageForm.TEMPLATE].part
            message = (
                f"the message `{name}` has no `{part}` part: `{can.kind}` takes it only for"
                f" {can.session // timedelta(hours=1)} hours after the patient wrote there"
            )
            yield text.place.fault(message, severity="warning")


def _media_not_carried(
    name: str, text: MessageText, carriers: Iterable[ChannelCapabilities]
) -> Iterator[Fault]:
    """By such a channel another form goes out, or the next rung has its turn."""
    written = text.wordings()
    for can in carriers:
        if (form := form_of(written, can.forms)) is None or form in (carried := with_media(written, can)):
            continue
        other = form_of(written, carried)
        instead = "the next rung has its turn" if other is None else f"`{FORMS[other].part}` goes out"
        media = written[form].media
        said = f"{FORMS[form].part}.media: `{can.kind}` does not carry"
        yield text.fault(name, f"{said} `{media.media_type if media else ''}`, and {instead}", "warning")


def _templates(
    loaded: LoadedCampaign, channels: Mapping[ChannelKind, ChannelCapabilities]
) -> Iterator[Fault]:
    kinds = {kind for rung in loaded.model.ladder for kind in rung.channel}
    usable = {kind for kind in kinds if kind in channels}
    used = {name for name, _, _ in loaded.lowered.templates}
    languages = loaded.model.languages or sorted(loaded.message_files)
    for language in languages:
        file = loaded.message_files.get(language)
        if file is None:
            continue
        for name, place, key in loaded.lowered.templates:
            if name not in file.messages:
                message = f"the message `{name}` is missing in {file.place.file}; add it there"
                yield place.fault_at(key, message)
        for name, text in file.messages.items():
            place = text.place
            if name not in used:
                message = f"no step uses the message `{name}`"
                yield place.fault(message, severity="warning")
                continue
            written = text.wordings()
            yield from _out_of_session(name, text, [channels[kind] for kind in sorted(usable)])
            yield from _media_not_carried(name, text, [channels[kind] for kind in sorted(usable)])
            for forms in sorted({channels[kind].forms for kind in usable}):
                if form_of(written, forms) is None:
                    lacking = ", ".join(
                        f"`{kind}`" for kind in sorted(usable) if channels[kind].forms == forms
                    )
                    message = (
                        f"the message `{name}` has no {parts_of(forms)} part, but the ladder has {lacking}"
                        if forms
                        else f"the message `{name}` cannot go out by {lacking} of the ladder, which carries"
                        " no form of message: tell the author of its plugin"
                    )
                    yield place.fault(message)
