"""The sandbox clinic as a whole: one loop, three servers and everybody behind them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from nextvisit_sandbox.address_book import AddressBook
from nextvisit_sandbox.behaviours import Behaviours, dealt
from nextvisit_sandbox.browser import Browser
from nextvisit_sandbox.certificate import server_tls
from nextvisit_sandbox.control import Control
from nextvisit_sandbox.desk import Desk
from nextvisit_sandbox.fhir_server import FhirServer
from nextvisit_sandbox.fhir_store import FhirStore
from nextvisit_sandbox.journal import Journal
from nextvisit_sandbox.mailbox_refusals import MailboxRefusals
from nextvisit_sandbox.patients import Patients
from nextvisit_sandbox.population.adopted import MOST_VISITED, adopt, likely_invited
from nextvisit_sandbox.population.generate import generate, hours_only
from nextvisit_sandbox.population.specialties import Specialty
from nextvisit_sandbox.population.synthea import load
from nextvisit_sandbox.population.systems import ZONE
from nextvisit_sandbox.scanners import Scanners
from nextvisit_sandbox.smpp_centre import SmppCentre, SmppOptions
from nextvisit_sandbox.smtp_server import SmtpServer
from nextvisit_sandbox.tally import Tally
from nextvisit_sandbox.turnable_clock import TurnableClock
from nextvisit_sandbox.web import Web

if TYPE_CHECKING:
    from datetime import date

    from nextvisit_sandbox.config import SandboxConfig
    from nextvisit_sandbox.received import (
        Address,
        ReceivedMail,
        ReceivedSms,
        RefusedMail,
        Throttled,
    )
    from nextvisit_sandbox.resource import Resource


class SandboxClinic:
    """Use as an async context manager; inside it everything listens."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.clock = TurnableClock(config.the_clock())
        self.zone = ZoneInfo(ZONE)
        self.store = FhirStore(self.clock)
        self.mailbox: list[ReceivedMail] = []
        self.phonebox: list[ReceivedSms] = []
        self.refused: list[RefusedMail] = []
        self.throttled: list[Throttled] = []
        self._tally = Tally()
        self._load()
        self._journal = Journal(config.journal, self.clock)
        people = [each.resource for each in self.store.all("Patient")]
        book, behaviours = AddressBook(people), self._behaviours(people)
        self.patients = self._people(book, behaviours)
        self.refusals = MailboxRefusals(book, behaviours, config.smtp_refuses)
        self._scanners = Scanners(self.clock, config.trust_ca) if config.mail_scanners else None
        self._smtp = self._mail_server()
        self._smpp = self._message_centre()
        fhir = FhirServer(
            self.store,
            token=config.fhir_token.get_secret_value(),
            zone=self.zone,
            booking_faults=config.booking_faults,
        )
        control = Control(
            clock=self.clock,
            store=self.store,
            patients=self.patients,
            tally=self._tally,
            mailbox=self.mailbox,
            phonebox=self.phonebox,
            refused=self.refused,
            throttled=self.throttled,
            fetched={} if self._scanners is None else self._scanners.fetched,
            booking_faults=fhir.booking_faults,
            smtp=self._smtp,
            smpp=self._smpp,
        )
        self._web = Web([*fhir.routes(), *control.routes()], host=config.host, port=config.http_port)

    async def __aenter__(self) -> Self:
        await self._smtp.up()
        await self._smpp.up()
        await self._web.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.patients.stop()
        if self._scanners is not None:
            await self._scanners.stop()
        await self._web.stop()
        await self._smtp.down()
        await self._smpp.stop()
        self._journal.close()

    @property
    def control_url(self) -> str:
        """Where `/control/…` is."""
        return f"http://{self.config.host}:{self._web.port}"

    @property
    def fhir_url(self) -> str:
        """The FHIR base."""
        return f"{self.control_url}/fhir"

    @property
    def smtp_port(self) -> int:
        """Submission with STARTTLS."""
        return self._smtp.port

    @property
    def smpp_port(self) -> int:
        """The message centre."""
        return self._smpp.port

    def send_text(self, sender: Address, to: Address, text: str) -> None:
        """A text from a phone to the clinic through the message centre."""
        self._tally.wrote(sender.number)
        self._smpp.write_in(sender=sender, to=to, text=text)

    def _today(self) -> date:
        """Where the history ends."""
        return self.config.today or self.clock.now().astimezone(self.zone).date()

    def _load(self) -> None:
        # The history was written at one instant, which a restart repeats.
        midnight = datetime.combine(self._today(), time(), self.zone).astimezone(UTC)
        at = min(midnight, self.clock.now())
        self.store.load(self._resources(), at)

    def _resources(self) -> list[Resource]:
        config = self.config
        today = self._today()
        if config.data is None:
            return generate(
                seed=config.seed,
                patients=config.patients,
                today=today,
                recall_share=config.recall_share,
                busy_share=config.busy_share,
            )
        staff, times = hours_only(seed=config.seed, today=today, busy_share=config.busy_share)
        people = adopt(load(config.data), seed=config.seed, today=today)
        return [*people, *staff.resources(), *(slot for _, slot in times)]

    def _behaviours(self, people: list[Resource]) -> Behaviours:
        config = self.config
        cast = {} if config.data is None else dealt(config.seed, likely_invited(people, self._today()))
        return Behaviours(config.seed, {**cast, **config.behaviours})

    def _people(self, book: AddressBook, behaviours: Behaviours) -> Patients:
        config = self.config
        return Patients(
            behaviours=behaviours,
            book=book,
            clock=self.clock,
            zone=self.zone,
            browser=Browser(config.trust_ca),
            desk=Desk(self.store, self.clock, Specialty.CARDIOLOGY if config.data is None else MOST_VISITED),
            journal=self._journal,
            write_in=self.send_text,
            act=config.patients_act,
        )

    def _mail_server(self) -> SmtpServer:
        config = self.config
        return SmtpServer(
            host=config.host,
            port=config.smtp_port,
            user=config.smtp_user,
            password=config.smtp_password.get_secret_value(),
            tls=server_tls(config.tls_dir, config.ca_file),
            clock=self.clock,
            received=self._got_mail,
            refusal=self.refusals.of,
            inspect=self._inspect,
            refused=self.refused.append,
            greylist=config.greylist,
        )

    def _message_centre(self) -> SmppCentre:
        config = self.config
        return SmppCentre(
            host=config.host,
            port=config.smpp_port,
            system_id=config.smpp_system_id,
            password=config.smpp_password.get_secret_value(),
            clock=self.clock,
            received=self._got_sms,
            reachable=self.patients.reachable,
            throttled=self.throttled.append,
            options=SmppOptions(
                rate=config.smpp_rate,
                receipt_after=config.receipt_after,
                receipt_ids_decimal=config.receipt_ids_decimal,
                receipt_tlvs=config.receipt_tlvs,
            ),
        )

    async def _inspect(self, mail: ReceivedMail) -> None:
        if self._scanners is not None:
            await self._scanners.inspect(mail)

    def _got_mail(self, mail: ReceivedMail) -> None:
        self.mailbox.append(mail)
        if self._scanners is not None:
            self._scanners.look_again(mail)
        self._tally.mail(mail)
        self.patients.got_mail(mail)

    def _got_sms(self, sms: ReceivedSms) -> None:
        self.phonebox.append(sms)
        self._tally.sms(sms)
        self.patients.got_sms(sms)
