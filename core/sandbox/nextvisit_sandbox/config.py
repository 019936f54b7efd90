"""What a sandbox clinic can be told."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from nextvisit.clock import Clock, ScaledClock, SystemClock
from nextvisit_sandbox.behaviours import Character

if TYPE_CHECKING:
    from typing import Self


def _from_text(value: object) -> object:
    """`ScaledClock.to_json` gives text; a file may also hold the object itself."""
    return orjson.loads(value) if isinstance(value, str) else value


class SandboxConfig(BaseModel):
    """One sandbox clinic. Ports of 0 are chosen by the system; the others are kept over restarts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 7
    patients: int = Field(default=2000, ge=0)
    recall_share: float = Field(default=0.12, ge=0, le=1)
    busy_share: float = Field(default=0.35, ge=0, le=1)
    """Of the clinic's half hours, how many nobody can book."""
    today: date | None = None
    """Where the history ends and the free slots begin; the clock's today when absent."""
    clock: Annotated[ScaledClock | None, BeforeValidator(_from_text)] = None
    data: Path | None = None
    """A folder of FHIR NDJSON whose people come instead of the synthetic ones."""

    host: str = "127.0.0.1"
    http_port: int = 0
    smtp_port: int = 0
    smpp_port: int = 0

    fhir_token: SecretStr = SecretStr("sandbox-fhir-token")
    smtp_user: str = "nextvisit"
    smtp_password: SecretStr = SecretStr("sandbox-mail")
    smpp_system_id: str = Field(default="nextvisit", max_length=15)
    smpp_password: SecretStr = Field(default=SecretStr("sandbox"), max_length=8)

    tls_dir: Path | None = None
    """Keeps the mail server's certificate over restarts."""
    ca_file: Path | None = None
    """Where the authority's certificate is written for the client to trust."""

    greylist: bool = False
    smtp_refuses: float = Field(default=0, ge=0, le=1)
    """Of the mailboxes, how many take no mail, besides those of patients who moved on."""
    mail_scanners: bool = False
    """Machines in front of every mailbox fetch all that a mail links to."""
    smpp_rate: int | None = Field(default=None, gt=0)
    receipt_after: timedelta = timedelta(seconds=5)
    receipt_ids_decimal: bool = False
    receipt_tlvs: bool = True

    booking_faults: tuple[Literal[409, 422, 500, 504], ...] = ()
    """What the first bookings are answered with: 504 after the visit was made, the others instead of it."""

    patients_act: bool = True
    behaviours: dict[str, Character] = Field(default_factory=dict)
    """Characters of given patient ids instead of drawn ones."""
    trust_ca: Path | None = None
    """The authority behind the appliance's own pages, when they are served over TLS."""
    journal: Path | None = None

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Reads a JSON file. Raises pydantic.ValidationError naming what is wrong."""
        return cls.model_validate_json(path.read_bytes())

    def the_clock(self) -> Clock:
        """The clock of everything in the sandbox."""
        return self.clock or SystemClock()
