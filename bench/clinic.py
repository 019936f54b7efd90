"""The clinic that the benches measure: its site, its people, a small campaign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import text

from nextvisit.clock import Clock, ScaledClock
from nextvisit.domain.policies import DEFAULT_POLICY
from nextvisit.domain.quiet_hours import Window
from nextvisit.domain.site import Site
from nextvisit.files.part import SourceFile
from nextvisit.flow.engine.program import Program
from nextvisit.flow.language.compile import compile_campaign
from nextvisit.flow.language.load import LoadedCampaign, load_campaign
from nextvisit.sdk.records import ChannelKind, Consent, ContactPoint, HumanName, MisRef, Patient, Purpose
from nextvisit.store.base.engine import Database
from nextvisit.store.campaigns import campaigns
from nextvisit.store.campaigns.enrolments import enrol_batch
from nextvisit.store.campaigns.terms import EnrolTerms
from nextvisit.store.people import consents
from nextvisit.store.people.upsert import Reach, upsert_many

SOURCE = "clinic"
SITE = Site(
    name="Klinika",
    short_name="Klinika",
    phone="+48 22 555 01 00",
    zone=ZoneInfo("Europe/Warsaw"),
    country="PL",
    languages=("en",),
    public_url="https://clinic.example",
)
TUESDAY = datetime.combine(date(2026, 9, 8), time(11), SITE.zone).astimezone(UTC)
"""A working hour of a working day, so that the gate has no reason to put anything off."""
STANDING = ScaledClock.standing(TUESDAY)

# The bench's days are seconds long and its patients write-weary; the gate asks the same questions, and
# always says yes.
ALWAYS_OPEN = replace(
    DEFAULT_POLICY,
    budget=replace(DEFAULT_POLICY.budget, ceilings=MappingProxyType({Purpose.RECALL: 1_000_000})),
    windows=MappingProxyType({purpose: Window(time(0), time(23, 59, 59, 999999)) for purpose in Purpose}),
)

_PAGE = 500
_WORDS = """\
language: en
messages:
  hello:
    email:
      subject: "An invitation from {{ clinic.name }}"
      body: |
        Dear {{ patient.salutation }},

        it has been a while since your last visit. Choose a time here:
        {{ link }}

        {{ clinic.name }}, {{ clinic.phone }}
    sms: "{{ clinic.name }}: we would be glad to see you again. Reply YES. Reply STOP for no more messages."
"""
_CAMPAIGN = """\
campaign: {slug}
purpose: recall
enrol:
  schedule: {{ cron: "0 10 * * *" }}
  segment: {segment}
goal: {{ appointment: booked, within: 60 days }}
ladder: [ {{ channel: {channel} }} ]
steps:
  - {{ id: first, send: hello, then: {{ wait: {wait} }} }}
  - {{ id: second, send: hello, then: {{ wait: {wait} }} }}
  - ask:
      id: third
      message: hello
      answers: {{ wants_visit: end }}
      silence: {{ after: {silence}, goto: end }}
"""
EVERYBODY = "{ age: { from: 18 } }"


@dataclass(frozen=True, slots=True)
class Campaign:
    """Three messages with a wait behind each; `files` as the store keeps them."""

    files: dict[str, str]
    loaded: LoadedCampaign

    def program(self, channel: ChannelKind) -> Program:
        return compile_campaign(self.loaded, usable=frozenset({channel}))


def three_steps(
    slug: str,
    channel: ChannelKind,
    *,
    wait: str = "30 minutes",
    silence: str = "1 days",
    segment: str = EVERYBODY,
) -> Campaign:
    """The campaign of the benches; `wait` and `silence` are the clinic's time."""
    main = _CAMPAIGN.format(slug=slug, channel=channel, wait=wait, silence=silence, segment=segment)
    files = {"campaign.yaml": main, "messages/en.yaml": _WORDS}
    words = [SourceFile("messages/en.yaml", _WORDS)]
    return Campaign(files, load_campaign(SourceFile("campaign.yaml", main), words))


async def launch(db: Database, campaign: Campaign) -> None:
    """Applied, approved and running."""
    model, version = campaign.loaded.model, campaign.loaded.version
    async with db.transaction() as tx:
        await campaigns.store_version(
            tx, model.campaign, version, campaign.files, purpose=model.purpose, applied_by="author"
        )
        await campaigns.approve(tx, model.campaign, version, "approver", 0)
        await campaigns.set_state(tx, model.campaign, "running")


def person(number: int, seen: datetime) -> Patient:
    """Reachable by e-mail and SMS under addresses of their own."""
    return Patient(
        ref=MisRef(f"Patient/{number}"),
        version="1",
        updated_at=seen,
        name=HumanName(family="Kowalska", given=("Anna",)),
        birth_date=f"{1960 + number % 30}-05-17",
        sex="female",
        languages=("en",),
        contact_points=(
            ContactPoint("phone", f"+4860{number:07d}"),
            ContactPoint("email", f"patient{number}@mail.example"),
        ),
    )


def permit(number: int, seen: datetime) -> Consent:
    """To be reminded, on every channel."""
    return Consent(
        ref=MisRef(f"Consent/{number}"),
        version="1",
        updated_at=seen,
        patient=MisRef(f"Patient/{number}"),
        decision="permit",
        purposes=(Purpose.RECALL,),
        given_at=seen,
    )


async def move_in(db: Database, people: int, clock: Clock) -> None:
    """`people` patients who agreed to be written to."""
    seen = clock.now() - timedelta(days=400)
    for first in range(0, people, _PAGE):
        numbers = range(first, min(people, first + _PAGE))
        async with db.transaction() as tx:
            await upsert_many(
                tx, SOURCE, [person(number, seen) for number in numbers], reach=Reach((), SITE.country)
            )
            await consents.record_many(tx, SOURCE, [permit(number, seen) for number in numbers])


async def crowd(db: Database, people: int) -> None:
    """`people` patients as a segment sees them: nobody in it has a name or can be written to."""
    statement = text(
        """
        INSERT INTO patient (id, source, ref_digest, birth_date, sex, active, deceased, has_email, has_phone,
            mis_version, mis_updated_at, known_since)
        SELECT gen_random_uuid(), :source, decode(md5(CAST(n AS text)), 'hex'),
            make_date(CAST(1940 + n % 70 AS int), 5, 17), 'female', true, false, true, true, '1', :now, :now
        FROM generate_series(1, :people) AS n
        """
    )
    async with db.transaction() as tx:
        await tx.connection.execute(statement, {"source": SOURCE, "people": people, "now": tx.now})


async def had_visits(db: Database) -> None:
    """Two visits for everybody, in cardiology for every second one; between one month and two years ago."""
    statement = text(
        """
        INSERT INTO appointment (id, source, ref, patient_digest, patient_id, status, start_at, visit_at,
            specialty, visit_specialty, mis_version, mis_updated_at)
        SELECT gen_random_uuid(), source, 'Encounter/' || n || '-' || id, ref_digest, id, 'fulfilled', at, at,
            specialty, specialty, '1', :now
        FROM patient, generate_series(0, 1) AS n, LATERAL (
            SELECT CAST(:now AS timestamptz) - make_interval(days => 30 + get_byte(ref_digest, n) * 3) AS at,
                CASE WHEN get_byte(ref_digest, 2) % 2 = 0 THEN 'cardiology' ELSE 'dentistry' END AS specialty
        ) AS visit
        """
    )
    async with db.transaction() as tx:
        await tx.connection.execute(statement, {"now": tx.now})


async def enrol(db: Database, campaign: Campaign, channel: ChannelKind, number: int) -> int:
    """Enrol `number` patients, in batches as a firing does; returns how many it were."""
    program, terms = campaign.program(channel), EnrolTerms.of(campaign.loaded.model.enrol)
    due_at = db.clock.now()
    enrolled = 0
    while enrolled < number:
        async with db.transaction() as tx:
            limit = min(_PAGE, number - enrolled)
            batch = await enrol_batch(tx, program, terms, due_at, zone=SITE.zone, limit=limit)
        enrolled += batch.contacted
        if batch.done:
            break
    return enrolled
