"""The fakes pass the suites that real plugins pass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nextvisit.sdk.channels import DeliveryStatus
from nextvisit.sdk.errors import Rejected, RetryLater
from nextvisit.sdk.hookspecs import IntentReaderPlugin
from nextvisit.sdk.records import (
    Appointment,
    AppointmentStatus,
    Consent,
    HumanName,
    MisRef,
    Patient,
    Purpose,
    RelatedPerson,
    Slot,
    SlotQuery,
    Specialty,
)
from nextvisit.sdk.testing.fake_channel import TEXTS, FakeChannel, FindingFakeChannel
from nextvisit.sdk.testing.fake_mis import CAPABILITIES, FakeMis
from nextvisit.sdk.testing.fake_reader import PLUGIN
from nextvisit.sdk.testing.suites import (
    ChannelPeer,
    ChannelSuite,
    IntentReaderSuite,
    MisAdapterSuite,
    MisPeer,
)
from tests.sdk.vendors import peers

MORNING = datetime(2026, 5, 4, 8, tzinfo=UTC)


class TestFakeChannel(ChannelSuite):
    """The fake channel behaves like a channel that hears nothing; tests/sdk/test_kits.py has one that does."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        deaf = replace(TEXTS, reports=frozenset({DeliveryStatus.ACCEPTED}), receives=False)
        channel, absent, stranger = FakeChannel(deaf), FakeChannel(), FakeChannel()
        channel.refuse("+48500100999", Rejected("fake.unknown_number"))
        absent.break_down(RetryLater("fake.down"))
        stranger.break_down(Rejected("fake.login", scope="account"))
        yield ChannelPeer(
            capabilities=channel.capabilities,
            channel=lambda: channel,
            to="+48500100200",
            received=lambda: [message.content.text for message in channel.sent],
            refused_to="+48500100999",
            unreachable=lambda: absent,
            wrong_login=lambda: stranger,
        )


class TestFindingFakeChannel(ChannelSuite):
    """The one that can be asked, too."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[ChannelPeer]:
        deaf = replace(TEXTS, reports=frozenset({DeliveryStatus.ACCEPTED}), receives=False)
        channel, absent = FindingFakeChannel(deaf), FindingFakeChannel()
        absent.break_down(RetryLater("fake.down"))
        yield ChannelPeer(
            capabilities=channel.capabilities,
            channel=lambda: channel,
            to="+48500100200",
            received=lambda: [message.content.text for message in channel.sent],
            unreachable=lambda: absent,
            cut_next=channel.cut_next,
        )


class TestFakeMis(MisAdapterSuite):
    """The fake MIS behaves like a MIS."""

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[MisPeer]:
        mis, absent, stranger = FakeMis(), FakeMis(), FakeMis()
        for number in range(7):
            name = HumanName(family="Kanarek", given=("Anna",))
            mis.put(Patient(ref=MisRef(f"Patient/{number}"), version="", updated_at=MORNING, name=name))
        his = MisRef("Patient/1")
        mis.put(
            Appointment(
                MisRef("Visit/1"), "", MORNING, patient=his, status=AppointmentStatus.FULFILLED, start=MORNING
            )
        )
        mis.put(
            Consent(
                MisRef("Consent/1"),
                "",
                MORNING,
                patient=his,
                decision="permit",
                purposes=(Purpose.RECALL,),
            )
        )
        mis.put(RelatedPerson(MisRef("RelatedPerson/1"), "", MORNING, patient=his, guardian=True))
        for detail in peers.DETAILS:
            mis.put(detail)
        for hour in range(4):
            start = MORNING + timedelta(hours=hour)
            mis.add_slot(
                Slot(
                    ref=MisRef(f"Slot/{hour}"),
                    version="1",
                    start=start,
                    end=start + timedelta(minutes=30),
                    specialty=Specialty("cardiology"),
                    practitioner=MisRef(f"Practitioner/{hour % 2}"),
                )
            )
        absent.break_down(RetryLater("fake.down"))
        stranger.break_down(Rejected("fake.login", scope="account"))
        yield MisPeer(
            adapter=lambda: mis,
            capabilities=CAPABILITIES,
            patient=MisRef("Patient/1"),
            wanted=SlotQuery(Specialty("cardiology"), MORNING, MORNING + timedelta(days=1)),
            unreachable=lambda: absent,
            wrong_login=lambda: stranger,
            canaries=("Kanarek",),
            change=lambda ref: mis.put(mis.records[ref]),
            delete=mis.delete,
            break_page=lambda: mis.put_garbage(b'{"kind": "Patient", "record": 7}'),
        )


class TestFakeReader(IntentReaderSuite):
    """The fake reader behaves like a reader."""

    def plugin(self) -> IntentReaderPlugin:
        return PLUGIN
