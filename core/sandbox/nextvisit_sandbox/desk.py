"""The clinic's own people, who work in the same records as the appliance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from nextvisit_sandbox.fhir_store import Origin
from nextvisit_sandbox.resource import Resource, reference

if TYPE_CHECKING:
    from nextvisit.clock import Clock
    from nextvisit_sandbox.fhir_store import FhirStore
    from nextvisit_sandbox.population.specialties import Specialty

# Who phones has time: nobody who was just invited is offered a day so far ahead, so that which of the two
# takes a time does not hang on who is quicker.
_NOTICE: Final = timedelta(days=25)


class Desk:
    """Reception: records deaths and books in one specialty for those who phone."""

    def __init__(self, store: FhirStore, clock: Clock, specialty: Specialty) -> None:
        self._store = store
        self._clock = clock
        self._specialty = specialty

    def record_death(self, patient: str) -> None:
        """The patient died now."""
        old = self._store.get("Patient", patient).resource
        died = {key: value for key, value in old.items() if key != "deceasedBoolean"}
        self._store.update({**died, "deceasedDateTime": self._clock.now().isoformat(timespec="seconds")})

    def book(self, patient: str) -> bool:
        """Books the first free time in 25 days; False when there is none."""
        earliest = self._clock.now() + _NOTICE
        free = [
            slot
            for slot in (each.resource for each in self._store.all("Slot"))
            if slot["status"] == "free"
            and slot["specialty"][0]["coding"][0]["code"] == self._specialty.value.code
            and datetime.fromisoformat(slot["start"]) >= earliest
        ]
        if not free:
            return False
        slot = min(free, key=lambda each: (each["start"], each["id"]))
        self._store.update({**slot, "status": "busy"})
        self._store.create(self._appointment(patient, slot), by=Origin.DESK)
        return True

    def _appointment(self, patient: str, slot: Resource) -> Resource:
        schedule = self._store.get("Schedule", slot["schedule"]["reference"].removeprefix("Schedule/"))
        people = [{"reference": f"Patient/{patient}"}, *schedule.resource["actor"]]
        return {
            "resourceType": "Appointment",
            "status": "booked",
            "specialty": slot["specialty"],
            "slot": [reference(slot)],
            "start": slot["start"],
            "end": slot["end"],
            "minutesDuration": 30,
            "participant": [{"actor": actor, "status": "accepted"} for actor in people],
            "comment": "zapis telefoniczny",
        }
