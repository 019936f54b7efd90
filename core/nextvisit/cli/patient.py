"""`nextvisit patient …`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from nextvisit.cli.context import DEFAULT_CONFIG, By, Config, Demo, Json, appliance, run, who
from nextvisit.cli.output import emit_json, emit_table
from nextvisit.domain.identity import Unusable, normalise_email, normalise_phone
from nextvisit.sdk.errors import ConfigError
from nextvisit.store.base.entry import Entry
from nextvisit.store.journeys import journeys
from nextvisit.store.people import patients


@dataclass(frozen=True, slots=True)
class _Found:
    patient: patients.PatientId
    active: bool
    deceased: bool
    journeys: tuple[journeys.JourneyHead, ...]


app = typer.Typer(no_args_is_help=True, help="Patients, by what identifies them.")


@app.command()
def find(
    phone: Annotated[str | None, typer.Option(help="A phone number in any writing.")] = None,
    email: Annotated[str | None, typer.Option(help="An e-mail address.")] = None,
    identifier: Annotated[str | None, typer.Option(help="`system|value`, as the MIS writes it.")] = None,
    config: Config = DEFAULT_CONFIG,
    demo: Demo = None,
    json: Json = False,
    by: By = None,
) -> None:
    """Find a patient and their journeys. Prints ids, never names; the look-up is audited.

    The number is not kept in any log, but your shell's history may hold what you type.

    Example: `nextvisit patient find --phone "600 100 200"`
    """
    if sum(each is not None for each in (phone, email, identifier)) != 1:
        raise typer.BadParameter("give exactly one of --phone, --email, --identifier")

    async def work() -> None:
        async with appliance(config, demo) as opened, opened.database.transaction(actor=who(by)) as tx:
            if phone is not None:
                number = normalise_phone(phone, opened.site.country)
                if isinstance(number, Unusable):
                    raise ConfigError("patient.phone", "is no phone number", place="--phone")
                found = await patients.find_by_contact(tx, "phone", number.e164)
            elif email is not None:
                address = normalise_email(email)
                if isinstance(address, Unusable):
                    raise ConfigError("patient.email", "is no e-mail address", place="--email")
                found = await patients.find_by_contact(tx, "email", address)
            else:
                system, _, value = str(identifier).rpartition("|")
                found = await patients.find_by_identifier(tx, system, value)
            by_what = "phone" if phone is not None else "email" if email is not None else "identifier"
            tx.audit(Entry("patient.sought", "patient", by_what, body={"found": len(found)}))
            rows = []
            for patient in found:
                tx.audit(Entry("patient.found", "patient", str(patient)))
                facts = await patients.facts(tx, patient)
                runs = await journeys.listing(tx, journeys.Filters(patient=patient))
                rows.append(_Found(patient, facts.active, facts.deceased, tuple(runs)))
        if json:
            emit_json(rows)
            return
        lines: list[tuple[object, ...]] = [
            (row.patient, each.id, each.campaign, each.outcome or "open")
            for row in rows
            for each in row.journeys
        ]
        lines += [(row.patient, "", "", "no journey") for row in rows if not row.journeys]
        emit_table("", ("patient", "journey", "campaign", "state"), lines, empty="Nobody is known by that.")

    run(work())
