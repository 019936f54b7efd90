"""`nextvisit suppress …`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.ids import typed
from nextvisit.cli.instants import typed_instant
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import suppressions
from nextvisit.desk.permission_lines import about, ban_line
from nextvisit.desk.suppressions import Asked, Whom
from nextvisit.sdk.records import ChannelKind, Purpose

Id = Annotated[str, typer.Argument(help="The suppression's id, as `suppress list` prints it.")]
OfPatient = Annotated[
    str | None, typer.Option("--patient", help="A patient's id, as `patient find` prints it.")
]
OfPhone = Annotated[str | None, typer.Option("--phone", help="A phone number in any writing.")]
OfEmail = Annotated[str | None, typer.Option("--email", help="An e-mail address.")]


def _whom(patient: str | None, phone: str | None, email: str | None) -> Whom | None:
    given = sum(each is not None for each in (patient, phone, email))
    if given > 1:
        raise typer.BadParameter("give one of --patient, --phone, --email")
    return Whom(None if patient is None else typed(patient, "patient"), phone, email) if given else None


@command(AUDITED)
async def add(
    call: Call,
    reason: Annotated[str, typer.Option(help="Why, in words; kept sealed, and seen by `suppress show`.")],
    patient: OfPatient = None,
    phone: OfPhone = None,
    email: OfEmail = None,
    kind: Annotated[Literal["staff", "legal", "clinical"], typer.Option(help="Who asks for it.")] = "staff",
    purpose: Annotated[list[Purpose] | None, typer.Option(help="Only this purpose; again for more.")] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="Only this kind of channel; again for more.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Until then, as 2026-12-31, in the clinic's time; default: for good."),
    ] = None,
) -> None:
    """Write no more to a patient, or to an address whoever has it.

    Example: `nextvisit suppress add --phone "600 100 200" --kind legal --reason "complaint of 3 March"`
    """
    whom = _whom(patient, phone, email)
    if whom is None:
        raise typer.BadParameter("give one of --patient, --phone, --email")
    async with call.appliance() as opened:
        asked = Asked(
            kind,
            reason,
            purposes=tuple(purpose or ()),
            channels=tuple(ChannelKind(each) for each in channel or ()),
            until=None if until is None else typed_instant(until, opened.site.zone, "--until"),
        )
        number = await suppressions.add(
            opened.database, whom, asked, opened.site.country, call.by, connections=opened.connections
        )
    if call.json:
        emit_json({"suppression": number})
    else:
        say(f"suppressed: {number}")


@command(READS)
async def listing(
    call: Call,
    patient: OfPatient = None,
    phone: OfPhone = None,
    email: OfEmail = None,
    lifted: Annotated[bool, typer.Option("--all", help="Those too that no longer hold.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """List what must not be written to, the newest first. Holds no name and no address.

    Example: `nextvisit suppress list --all`
    """
    whom = _whom(patient, phone, email)
    async with call.appliance() as opened:
        found = await suppressions.listing(
            opened.database, whom, opened.site.country, lifted=lifted, limit=limit
        )
    if call.json:
        emit_json(found)
        return
    rows = [
        (
            each.id,
            each.patient or f"an address ({each.space})",
            each.kind,
            about(each.purposes, each.channels),
            each.code,
            each.since,
            each.until or "",
            each.put_by,
            *((each.lifted_by or "",) if lifted else ()),
        )
        for each in found
    ]
    columns = ["suppression", "of", "kind", "for", "evidence", "since", "until", "put by"]
    columns += ["lifted by"] if lifted else []
    emit_table("", columns, rows, empty="Nothing is suppressed.", zone=opened.site.zone)


@command(AUDITED)
async def show(call: Call, suppression: Id) -> None:
    """Show one suppression with why it was put and lifted, in the words of who did it.

    Example: `nextvisit suppress show 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40`
    """
    async with call.appliance() as opened:
        shown = await suppressions.show(opened.database, typed(suppression, "suppression"), call.by)
    if call.json:
        emit_json(shown)
        return
    ban = shown.ban
    say(ban_line(ban, opened.site.zone))
    say(f"why: {shown.reason or 'without words'}")
    if ban.lifted_at is not None:
        say(f"lifted by {ban.lifted_by}: {shown.lift_reason or 'without words'}")


@command(AUDITED)
async def lift(
    call: Call, suppression: Id, reason: Annotated[str, typer.Option(help="Why, in words; kept sealed.")]
) -> None:
    """Let it be written to again, as far as nothing else speaks against it. Harmless when repeated.

    Example: `nextvisit suppress lift 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40 --reason "the mailbox is mended"`
    """
    number = typed(suppression, "suppression")
    async with call.appliance() as opened:
        lifted = await suppressions.lift(opened.database, number, reason, call.by)
    if call.json:
        emit_json({"suppression": number, "lifted": lifted})
    else:
        say("lifted" if lifted else "was lifted before")
