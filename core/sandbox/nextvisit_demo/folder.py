"""What a demo writes down: settings, secrets, the sandbox's configuration, the clock."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nextvisit.clock import ScaledClock, SystemClock
from nextvisit.sdk.private_file import write_private

ZONE = "Europe/Warsaw"
STARTS = date(2026, 9, 7)
"""A Monday, the same in every demo, so that one seed gives the same totals on every day it is run."""
STARTS_AT = time(8, 0)
_AHEAD = timedelta(milliseconds=300)
"""By the wall: a pause of the clock is known to everybody so long before it begins."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports, chosen once so that a restarted server is found again."""

    postgres: int
    temporal: int
    temporal_ui: int
    sandbox: int
    smtp: int
    smpp: int
    api: int


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """One demo's files. Everything secret in it is mode 0600, and made for this demo alone."""

    path: Path
    ports: Ports

    @classmethod
    def create(cls, path: Path, ports: Ports) -> DemoFolder:
        """Make the folders. The folder itself may be entered by PostgreSQL's user."""
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name in ("secrets", "logs", "tls"):
            (path / name).mkdir(mode=0o700, exist_ok=True)
        return cls(path=path, ports=ports)

    @property
    def settings(self) -> Path:
        return self.path / "nextvisit.yaml"

    @property
    def clock_file(self) -> Path:
        return self.path / "clock.json"

    @property
    def sandbox_config(self) -> Path:
        return self.path / "sandbox.json"

    @property
    def root_key(self) -> Path:
        return self.path / "secrets" / "root.key"

    @property
    def intake_key(self) -> Path:
        return self.path / "secrets" / "intake.key"

    def log(self, name: str) -> Path:
        """Where a process's output goes."""
        return self.path / "logs" / f"{name}.log"

    def secret(self, name: str, value: str | None = None) -> str:
        """Write a secret (a random one by default) if it is not there; returns the reference to it."""
        file = self.path / "secrets" / name
        if not file.exists():
            write_private(file, value if value is not None else secrets.token_urlsafe(24))
        return f"file:{file}"

    def secret_value(self, name: str) -> str:
        return (self.path / "secrets" / name).read_text(encoding="utf-8")

    def write_settings(self, *, app_dsn: str, owner_dsn: str) -> None:
        """nextvisit.yaml, as an operator would write it for this clinic."""
        self.secret("app.dsn", app_dsn)
        self.secret("owner.dsn", owner_dsn)
        ports = self.ports
        document = {
            "site": {
                "name": "Klinika Pod Lipą",
                "short_name": "Klinika Pod Lipa",
                "phone": "+48 22 555 01 00",
                "zone": ZONE,
                "country": "PL",
                "languages": ["pl", "ru", "en"],
                "public_url": f"http://127.0.0.1:{ports.api}",
            },
            "database": {"app": self.secret("app.dsn"), "owner": self.secret("owner.dsn")},
            "temporal": {"address": f"127.0.0.1:{ports.temporal}", "namespace": "nextvisit"},
            "vault": {
                "root_key_file": str(self.root_key),
                "intake_key_file": str(self.intake_key),
                "erased_file": str(self.path / "erased.jsonl"),
            },
            "mis": {
                "clinic": {
                    "adapter": "fhir_r4",
                    "sync_every": "6 hours",
                    "books": True,
                    "settings": {
                        "base_url": f"http://127.0.0.1:{ports.sandbox}/fhir",
                        "token": self.secret("fhir"),
                    },
                }
            },
            "channels": {
                "email": {
                    "channel": "email_smtp",
                    "settings": {
                        "host": "127.0.0.1",
                        "port": ports.smtp,
                        "username": "nextvisit",
                        "password": self.secret("smtp"),
                        "ca_file": str(self.path / "tls" / "ca.pem"),
                        "sender": {"name": "Klinika Pod Lipą", "address": "wizyty@klinika.example"},
                        # Together less than three quarters of `attempt`, as those of `sms`.
                        "timeout": "PT6S",
                        "patience": "PT5S",
                    },
                },
                "sms": {
                    "channel": "sms_smpp",
                    "settings": {
                        "host": "127.0.0.1",
                        "port": ports.smpp,
                        "system_id": "nextvisit",
                        "password": self.secret("smpp", secrets.token_urlsafe(6)),
                        "tls": "none",
                        "sender": "+48500600700",
                        "timeout": "PT6S",
                        "patience": "PT2S",
                        "enquire_link": "PT10S",
                    },
                },
            },
            "api": {"host": "127.0.0.1", "port": ports.api},
            "attempt": "PT15S",
        }
        # JSON is YAML; a person who opens the file sees one key a line.
        write_private(self.settings, json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def write_sandbox(self, *, seed: int, patients: int, data: Path | None, clock: ScaledClock) -> None:
        """sandbox.json, the other side of the same secrets."""
        for name in ("fhir", "smtp"):
            self.secret(name)
        self.secret("smpp", secrets.token_urlsafe(6))
        ports = self.ports
        document = {
            "seed": seed,
            "patients": patients,
            "today": STARTS.isoformat(),
            "clock": clock.to_json(),
            "data": None if data is None else str(data),
            "http_port": ports.sandbox,
            "smtp_port": ports.smtp,
            "smpp_port": ports.smpp,
            "fhir_token": self.secret_value("fhir"),
            "smtp_password": self.secret_value("smtp"),
            "smpp_password": self.secret_value("smpp"),
            "tls_dir": str(self.path / "tls"),
            "ca_file": str(self.path / "tls" / "ca.pem"),
            "journal": str(self.path / "sandbox-journal.jsonl"),
        }
        write_private(self.sandbox_config, json.dumps(document, indent=2))

    def write_clock(self, clock: ScaledClock) -> bool:
        """In one go: others read it meanwhile. False if it was dropped, because its last pause is at hand.

        A machine that stalled just here would otherwise change what the clock has already shown.
        """
        fresh = self.clock_file.with_suffix(".fresh")
        write_private(fresh, clock.to_json())
        if clock.pauses and clock.pauses[-1].begins - SystemClock().now() < _AHEAD:
            fresh.unlink()
            return False
        fresh.replace(self.clock_file)
        return True


def standing_clock() -> ScaledClock:
    """The demo's first instant, before the race starts."""
    return ScaledClock.standing(_first_instant())


def racing_clock(*, factor: float, starts_in: timedelta) -> ScaledClock:
    """The demo's clock, which begins to run `starts_in` from now by the wall."""
    return ScaledClock(factor, SystemClock().now() + starts_in, _first_instant())


def _first_instant() -> datetime:
    return datetime.combine(STARTS, STARTS_AT, ZoneInfo(ZONE)).astimezone(UTC)
