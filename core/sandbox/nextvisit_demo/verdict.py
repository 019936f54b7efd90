"""The demo's end: the report, its equations, and what the servers themselves counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console

from nextvisit.cli.output import plain
from nextvisit.cli.tables import channel_table
from nextvisit.install.bootstrap import Appliance
from nextvisit.sdk.private_file import write_private
from nextvisit.store.audit import trail
from nextvisit.store.booking.bookings import booked_appointments
from nextvisit.store.campaigns import report
from nextvisit.store.campaigns.report import Equation, Report
from nextvisit.store.messages import auto_replies
from nextvisit_demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Verdict:
    """holds: every equation does. unknown: messages that nobody can say of whether they went out."""

    report: Report
    equations: tuple[Equation, ...]
    servers: Mapping[str, Any]
    audit_events: int
    restarts: Mapping[str, int]

    @property
    def holds(self) -> bool:
        return all(each.holds for each in self.equations)


async def reach_verdict(stage: Stage, appliance: Appliance, campaign: str) -> Verdict:
    """Compare what we say with what the mail server, the message centre and the MIS say."""
    async with httpx2.AsyncClient(timeout=30) as client:
        totals = (await client.get(f"{stage.control_url}/totals")).raise_for_status().json()
    async with appliance.database.transaction() as tx:
        ours = await report.campaign_report(tx, campaign)
        booked = await booked_appointments(tx, campaign)
        answered = await auto_replies.sent_by_kind_of_channel(tx)
    sent = Counter({str(each.channel): each.sent for each in ours.channels if each.channel is not None})
    sent.update({str(kind): number for kind, number in answered.items()})
    read_back = await _read_back(stage, booked)
    verified = await trail.verify_database(appliance.database)
    disturbed = sum(stage.supervisor.restarts.values())
    equations = (
        *ours.equations,
        _same("every journey has ended", ours.journeys.open, 0),
        # Only a process that was killed between a provider's call and our note of it leaves one.
        Equation("unknown = 0", ours.unknown, 0, ours.unknown <= disturbed),
        _same("mails sent = mails at the SMTP server", sent["email"], totals["mails"], ours.unknown),
        _same("texts sent = texts at the message centre", sent["sms"], totals["texts"], ours.unknown),
        _same(
            "messages delivered twice = 0", len(totals["mail_duplicates"]) + len(totals["text_duplicates"]), 0
        ),
        _same("booked = appointments read back from the MIS", len(booked), len(read_back)),
        _same("slots booked twice = 0", len(read_back) - len(set(read_back)), 0),
        _same("audit entries broken = 0", 0 if verified.whole else 1, 0),
    )
    return Verdict(ours, equations, totals, verified.events, stage.supervisor.restarts)


def _same(name: str, left: int, right: int, slack: int = 0) -> Equation:
    return Equation(name, left, right, abs(left - right) <= slack)


async def _read_back(stage: Stage, refs: Sequence[str]) -> list[str]:
    """The slots of our appointments, as the MIS has them: booked, and each with its slot busy."""
    token = stage.folder.secret_value("fhir")
    slots = []
    async with httpx2.AsyncClient(timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:
        for ref in refs:
            appointment = (await client.get(f"{stage.fhir_url}/{ref}")).raise_for_status().json()
            if appointment["status"] == "booked":
                slots += [each["reference"] for each in appointment["slot"]]
    return slots


def print_verdict(verdict: Verdict, console: Console) -> None:
    """The report for a person."""
    shown = verdict.report
    audience = shown.audience

    def line(text: str = "") -> None:
        console.print(text, markup=False, highlight=False)

    line()
    line("Report of campaign " + shown.campaign)
    line(f"  audience at the first firing {audience.at_first_firing}, enrolled in all {audience.enrolled}")
    line(
        f"  contacted {audience.contacted}, held out {audience.held_out}, "
        f"still waiting for their day {audience.over_pace}"
    )
    line(
        "  ended: "
        + ", ".join(f"{outcome} {count}" for outcome, count in sorted(shown.journeys.ended.items()))
    )
    line()
    console.print(channel_table(shown))
    line()
    line(
        "  not sent, by reason: "
        + (", ".join(f"{why} {count}" for why, count in sorted(shown.skipped.items())) or "none")
    )
    line(
        f"  opted out {shown.opted_out} · booked by us {shown.bookings.ours} · "
        f"booked otherwise {shown.bookings.others}"
    )
    for name, arm in (("contacted", shown.contacted_effect), ("holdout", shown.holdout_effect)):
        share = f"{arm.booked / arm.enrolled:.1%}" if arm.enrolled else "nobody"
        line(f"  {name}: {arm.booked} of {arm.enrolled} have a visit booked ({share})")
    line(f"  audit: {verdict.audit_events} entries verified")
    for name, count in verdict.restarts.items():
        if count:
            line(f"  {name} was restarted {count} times")
    line()
    for each in verdict.equations:
        mark = "holds" if each.holds else "FAILS"
        line(f"  {mark}  {each.name}: {each.left} and {each.right}")


def write_verdict(verdict: Verdict, file: Path) -> None:
    """As JSON, for programs."""
    write_private(file, json.dumps(plain(verdict), indent=2, ensure_ascii=False))
