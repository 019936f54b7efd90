"""What a MIS tells of care, money and calls is taken in; what of it cannot be read is parked and holds nobody."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from nextvisit.sdk.records import Condition, Deleted, MisRef, Oddity, Payment, PhoneCall, Unreadable
from nextvisit.store.reading import mis
from tests.intake.told import tell
from tests.world.clinic import Clinic
from tests.world.clock import NOW, later
from tests.world.details import DETAILS, HERS
from tests.world.records import a_patient

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("table", list(DETAILS))
async def test_each_kind_reaches_its_table_before_its_patient_too(clinic: Clinic, table: str) -> None:
    await clinic.sync(DETAILS[table])
    await clinic.sync(a_patient())
    assert await clinic.rows(f"SELECT gone FROM {table}") == [(False,)]
    if hasattr(DETAILS[table], "patient"):
        assert await clinic.rows(f"SELECT patient_id FROM {table}") == [(await clinic.patient(HERS),)]


async def test_what_is_deleted_and_told_again_further_down_is_there(told_clinic: Clinic) -> None:
    detail = DETAILS["payment"]
    await tell(told_clinic, detail, Deleted(detail.ref))
    assert await told_clinic.rows("SELECT gone, amount FROM payment") == [(True, None)]
    await tell(told_clinic, Deleted(detail.ref), detail)
    assert await told_clinic.rows("SELECT gone FROM payment") == [(False,)]


async def test_what_cannot_be_read_of_them_is_parked_and_holds_nobody(told_clinic: Clinic) -> None:
    await tell(told_clinic, a_patient())
    condition = DETAILS["condition"]
    assert isinstance(condition, Condition)
    await tell(told_clinic, Unreadable(condition.ref, "status.unknown", "1", NOW, patient=HERS, holds=False))
    assert await told_clinic.rows("SELECT count(*) FROM patient_hold") == [(0,)]
    assert await told_clinic.rows("SELECT reason FROM inbox WHERE state = 'parked'") == [("status.unknown",)]
    await tell(told_clinic, replace(condition, version="2", updated_at=later(1)))
    assert await told_clinic.rows("SELECT count(*) FROM inbox WHERE state = 'parked'") == [(0,)]


async def test_a_record_that_is_unsound_is_parked_and_holds_nobody(told_clinic: Clinic) -> None:
    await tell(told_clinic, a_patient())
    payment = Payment(MisRef("Payment/2"), "1", NOW, HERS, Decimal("Infinity"), "PLN")
    await tell(told_clinic, payment, replace(payment, amount=Decimal(1), currency="zloty"))
    assert await told_clinic.rows("SELECT count(*) FROM patient_hold") == [(0,)]
    assert await told_clinic.rows("SELECT reason FROM inbox WHERE state = 'parked'") == [
        ("record.amount.size",)
    ]
    assert await told_clinic.rows("SELECT count(*) FROM payment") == [(0,)]


async def test_a_caller_whose_number_is_none_is_counted(told_clinic: Clinic) -> None:
    call = DETAILS["phone_call"]
    assert isinstance(call, PhoneCall)
    await tell(told_clinic, call, replace(call, ref=MisRef("PhoneCall/2"), caller="123"))
    withheld = replace(call, ref=MisRef("PhoneCall/3"), caller="")
    await tell(told_clinic, withheld)
    assert await told_clinic.rows("SELECT code, count FROM mis_oddity") == [("caller.no_number", 1)]
    assert await told_clinic.rows("SELECT count(*) FROM phone_call WHERE caller_digest IS NULL") == [(2,)]


async def test_a_code_that_nobody_mapped_is_counted_with_the_code(told_clinic: Clinic) -> None:
    odd = [Oddity(MisRef(f"Visit/{number}"), "specialty.unknown", "his|KARD") for number in range(3)]
    await tell(told_clinic, *odd, Oddity(None, "specialty.unknown", "his|DERM"))
    async with told_clinic.db.transaction() as tx:
        assert [(each.code, each.word, each.total) for each in await mis.oddities(tx)] == [
            ("specialty.unknown his|KARD", "his|KARD", 3),
            ("specialty.unknown his|DERM", "his|DERM", 1),
        ]


async def test_of_one_code_only_so_many_words_are_kept_apart(told_clinic: Clinic) -> None:
    """Whoever writes a number of its own into each record would fill the table."""
    odd = [Oddity(None, "specialty.unknown", f"his|{number}") for number in range(300)]
    await tell(told_clinic, *odd)
    await tell(told_clinic, *odd)
    async with told_clinic.db.transaction() as tx:
        found = await mis.oddities(tx)
    assert len(found) == 201
    assert {each.word: each.total for each in found}[""] == 200
