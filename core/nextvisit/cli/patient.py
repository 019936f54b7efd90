"""`nextvisit patient …`."""

from __future__ import annotations

from typing import Annotated

import typer

from nextvisit.cli.call import AUDITED, READS, Call, command
from nextvisit.cli.ids import typed
from nextvisit.cli.output import emit_json, say
from nextvisit.cli.tables import emit_table
from nextvisit.desk import erasure, patients, suppressions
from nextvisit.desk.erasure import Why
from nextvisit.desk.patient_lines import told
from nextvisit.install import erased_list


@command(AUDITED)
async def find(
    call: Call,
    phone: Annotated[str | None, typer.Option(help="A phone number in any writing.")] = None,
    email: Annotated[str | None, typer.Option(help="An e-mail address.")] = None,
    identifier: Annotated[str | None, typer.Option(help="`system|value`, as the MIS writes it.")] = None,
) -> None:
    """Find a patient and their journeys. Prints ids, never names; the look-up is audited.

    The number is not kept in any log, but your shell's history may hold what you type.

    Example: `nextvisit patient find --phone "600 100 200"`
    """
    if sum(each is not None for each in (phone, email, identifier)) != 1:
        raise typer.BadParameter("give exactly one of --phone, --email, --identifier")
    if identifier is not None and "|" not in identifier:
        raise typer.BadParameter("--identifier is `system|value`: the system, `|`, and the value in it")
    async with call.appliance() as opened:
        if phone is not None:
            found = await patients.by_phone(opened.database, phone, opened.site.country, call.by)
        elif email is not None:
            found = await patients.by_email(opened.database, email, opened.site.country, call.by)
        else:
            system, _, value = str(identifier).rpartition("|")
            found = await patients.by_identifier(opened.database, system, value, call.by)
    if call.json:
        emit_json(found)
        return
    lines: list[tuple[object, ...]] = [
        (each.patient, run.id, run.campaign, run.outcome or "open") for each in found for run in each.journeys
    ]
    lines += [(each.patient, "", "", "no journey") for each in found if not each.journeys]
    emit_table("", ("patient", "journey", "campaign", "state"), lines, empty="Nobody is known by that.")


@command(AUDITED)
async def show(
    call: Call,
    patient: Annotated[str, typer.Argument(help="The patient's id, as `patient find` prints it.")],
) -> None:
    """Show what speaks against writing to a patient: the MIS, the patient, staff. Holds no name; audited.

    Names what the patient allowed and refused, when and by what way; a refusal of a record that was merged,
    or that came from an address that is shared, counts here too.

    Example: `nextvisit patient show 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40`
    """
    async with call.appliance() as opened:
        known = await patients.by_id(opened.database, typed(patient, "patient"), call.by)
    if call.json:
        emit_json(known)
        return
    for line in told(known, opened.site.zone):
        say(line)
    rows = [(run.id, run.campaign, run.outcome or "open") for run in known.journeys]
    emit_table("", ("journey", "campaign", "state"), rows, empty="No journey.")


@command(AUDITED)
async def confirm(
    call: Call,
    patient: Annotated[str, typer.Argument(help="The patient's id, as the task of reception shows it.")],
) -> None:
    """Say that a patient is the same one, whose name and birth date changed at once.

    What is kept of them, permits and refusals, is theirs, and they are written to again. Do not say so of
    somebody else: have the MIS give that person a record of their own.

    Example: `nextvisit patient confirm 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40 --by anna`
    """
    number = typed(patient, "patient")
    async with call.appliance() as opened:
        ended = await patients.confirm(opened.database, number, call.by)
    if call.json:
        emit_json({"patient": number, "released": ended})
    else:
        say("is the same one, and is written to again" if ended else "nothing of that kind held this patient")


@command(AUDITED)
async def stop(
    call: Call,
    patient: Annotated[str, typer.Argument(help="The patient's id, as `patient find` prints it.")],
    legal: Annotated[
        str | None, typer.Option(help="Send nothing at all any more, visits included; why, in words.")
    ] = None,
) -> None:
    """Stop everything for a patient who says so: invitations for good, and every open journey.

    As a STOP from each of their addresses, so it holds for everybody who is reached there.

    Example: `nextvisit patient stop 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40 --by anna`
    """
    number = typed(patient, "patient")
    async with call.appliance() as opened:
        stopped = await suppressions.stop(opened.database, number, call.by, legal=legal)
    if call.json:
        emit_json({"patient": number, "journeys": stopped.journeys, "before": stopped.before})
        return
    words = "had been stopped already; it is taken down once more" if stopped.before else "stopped"
    say(f"{words}; {stopped.journeys} open journeys end{'' if legal is None else '; nothing at all is sent'}")


@command(AUDITED)
async def erase(
    call: Call,
    patient: Annotated[str, typer.Argument(help="The patient's id, as `patient find` prints it.")],
    why: Annotated[
        Why, typer.Option(help="They asked for it, it should not have been kept, or its time is over.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="It is meant; without it nothing is done.")] = False,
) -> None:
    """Destroy a patient's key and all that names them; for good. No copy of the database brings them back.

    What must outlive them stays: that an address refused, and the audit trail, without a name. It is written
    into `vault.erased_file`: keep a copy with that of the root key, for `patient replay` after a restore.

    Example: `nextvisit patient erase 0198c2e4-7d1a-7c3b-9f20-5b6a1d2e3f40 --why request --by anna --yes`
    """
    number = typed(patient, "patient")
    if not yes:
        raise typer.BadParameter("nothing was done: it cannot be taken back; say --yes if it is meant")
    async with call.appliance() as opened:
        file = opened.settings.vault.erased_file
        kept = await erased_list.list_of(opened.database, file)
        done = await erasure.erase(opened.database, number, why, call.by, note=kept.note)
    if call.json:
        emit_json({"patient": number, "before": done is None})
    else:
        say("had been erased already" if done is None else f"erased, and noted in {file}")


@command(READS)
async def replay(call: Call) -> None:
    """Erase again whom a restored backup brought back; the worker does so too. Goes by `vault.erased_file`,
    and notes there whom the database alone knows. A list that is lost, or not whole, is an error.

    Example: `nextvisit patient replay --config /etc/nextvisit/nextvisit.yaml`
    """
    async with call.appliance() as opened:
        settled = await erased_list.settle(opened.database, opened.settings.vault.erased_file)
    if call.json:
        emit_json({"erased": settled.again, "noted": settled.noted})
        return
    say(f"{settled.again} erased again" if settled.again else "nobody had come back")
    if settled.noted:
        say(f"{settled.noted} whom the list did not name are noted now")


@command(AUDITED)
async def begin_list(
    call: Call,
    lost: Annotated[
        bool, typer.Option("--lost", help="No copy of it is left; without it nothing is done.")
    ] = False,
) -> None:
    """Begin the list of who was erased anew, when no copy of it is left.

    It names those whom the database knows. Whoever was erased after the backup that was restored is then not
    on it, and nobody can know: they are back, and are written to. The MIS, or who asked you for an erasure
    since, may tell.

    Example: `nextvisit patient begin-list --lost --by anna`
    """
    if not lost:
        raise typer.BadParameter(
            "nothing was done: whoever was on the lost list alone is forgotten; say --lost"
        )
    async with call.appliance() as opened:
        file = opened.settings.vault.erased_file
        count = await erased_list.begin_anew(opened.database, file, call.by)
    if call.json:
        emit_json({"known": count})
        return
    say(f"{file} names {count}, whom this database knows to have been erased")
    say("whoever was erased after what was restored is not on it: erase them again, as far as you know them")
