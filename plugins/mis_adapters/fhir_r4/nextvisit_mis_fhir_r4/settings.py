"""What an operator says about one FHIR server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from nextvisit.sdk.outbound import OutboundServer
from nextvisit.sdk.records import Specialty
from nextvisit.sdk.settings import CatalogueSettings, SecretRef
from nextvisit_mis_fhir_r4.address import Address

SNOMED = "http://snomed.info/sct"

# SNOMED CT practice settings, https://hl7.org/fhir/R4/valueset-c80-practice-codes.html.
PRACTICE_SETTINGS: dict[str, Specialty] = {
    f"{SNOMED}|394579002": Specialty("cardiology"),
    f"{SNOMED}|394582007": Specialty("dermatology"),
    f"{SNOMED}|394586005": Specialty("gynaecology"),
    f"{SNOMED}|394812008": Specialty("dentistry"),
    f"{SNOMED}|394594003": Specialty("ophthalmology"),
    f"{SNOMED}|394801008": Specialty("orthopaedics"),
    f"{SNOMED}|394814009": Specialty("general_practice"),
}

SyncedType = Literal[
    "Patient",
    "RelatedPerson",
    "Consent",
    "Appointment",
    "Encounter",
    "Practitioner",
    "PractitionerRole",
    "Location",
    "HealthcareService",
    "Coverage",
    "Condition",
    "Procedure",
    "DiagnosticReport",
    "Observation",
]


class FhirR4Settings(CatalogueSettings):
    """Settings of one connection.

    also_known_as: base addresses that the server may use for itself in links and references, such as its
        name behind a proxy; what leads there is asked for at base_url.
    overlap: how far each pull reaches back behind the newest thing it has seen, because many things
        share one `lastUpdated` and servers publish them late.
    look_back: how far the first pull of a day reaches back instead.
    timeout: how long the server may be silent; a whole answer may take four times that.
    largest_answer: MiB that an answer may have, unpacked. A smaller page_size makes smaller ones.
    most_pages: of one type in one pull; the next pull reads on from there.
    plain_http: true lets `http://` lead to another machine, where whoever can listen reads patients' data.
    resources: what is read; leave out what the server does not have. RelatedPerson tells of guardians,
        DiagnosticReport and Observation that a result is ready.
    zone: where clocks are read that name no zone, such as Europe/Warsaw. Without it such a time is left out.
    specialties: as of `CatalogueSettings`, always `system|code`; the first code of a slug is the one we
        write.
    default_specialty: for visits whose codes are not in `specialties`.
    """

    base_url: str
    also_known_as: tuple[str, ...] = ()
    zone: str | None = None
    token: SecretRef | None = None
    page_size: int = Field(default=200, ge=1, le=1000)
    timeout: timedelta = timedelta(seconds=30)
    largest_answer: int = Field(default=16, ge=1, le=256)
    most_pages: int = Field(default=20_000, ge=1)
    plain_http: bool = False
    overlap: timedelta = timedelta(minutes=5)
    look_back: timedelta = timedelta(hours=26)
    ca_file: Path | None = None
    resources: tuple[SyncedType, ...] = Field(
        default=("Patient", "Consent", "Appointment", "Encounter"), min_length=1
    )
    specialties: dict[str, Specialty] = Field(default_factory=lambda: dict(PRACTICE_SETTINGS))
    default_specialty: Specialty | None = None
    purpose_system: str = "https://sandbox-clinic.example/contact-purpose"
    channel_system: str = "https://sandbox-clinic.example/contact-channel"
    booking_system: str = "urn:nextvisit:booking"

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")) or "?" in value or "#" in value:
            message = "must be an http(s) address without query, such as https://mis.example/fhir"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = "must be an IANA time zone such as Europe/Warsaw"
            raise ValueError(message) from error
        return value

    @field_validator("also_known_as")
    @classmethod
    def _are_http(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(cls._is_http, value))

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if (fault := self.destination.fault()) is not None:
            raise ValueError(fault)
        return self

    @property
    def destination(self) -> OutboundServer:
        """Which server, for `sdk.outbound`."""
        return OutboundServer(self.base_url, self.plain_http, self.ca_file)

    @property
    def clock_zone(self) -> ZoneInfo | None:
        """Where clocks are read that name no zone."""
        return None if self.zone is None else ZoneInfo(self.zone)

    @property
    def address(self) -> Address:
        """What the server is called."""
        return Address(self.base_url, self.also_known_as)

    @field_validator("specialties", "services")
    @classmethod
    def _has_systems(cls, value: dict[str, str]) -> dict[str, str]:
        if any("|" not in key for key in value):
            message = "every key must be system|code"
            raise ValueError(message)
        return value
