"""What only the administrator knows: one question each, told by a flag, in a file, or at the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticUndefined

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import Part, SourceFile, read
from nextvisit.files.yaml_text import LARGEST, decoded, parse
from nextvisit.install.settings import Country, HostName, Language, Line, Phone, PublicUrl, ZoneName
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.settings import SecretRef

Port = Annotated[int, BeforeValidator(lambda given: int(given) if str(given).isdecimal() else given)]


def _listed(given: object) -> object:
    """`pl, en` as it is typed."""
    return [each.strip() for each in given.split(",")] if isinstance(given, str) else given


class Answers(Part):
    """A mail relay and a message centre are there if they have a host.

    Secrets are told by where they are (`file:…`, `env:…`), and a copy is put where the roles read it.
    """

    name: Line = Field(description="the clinic's name, as patients read it")
    short_name: Line | None = Field(default=None, description="a shorter one, which signs text messages")
    country: Country = Field(description="the country, by two letters: PL")
    phone: Phone = Field(description="the phone number that patients call")
    zone: ZoneName = Field(description="the time zone: Europe/Warsaw")
    languages: Annotated[tuple[Language, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        description="the languages that patients are written to in, the first for everybody else: pl, en"
    )
    public_url: PublicUrl = Field(description="the address that links in messages begin with: https://…")
    mis_url: Line = Field(description="the MIS's FHIR R4 server: https://…")
    mis_token: SecretRef | None = Field(default=None, description="the MIS's bearer token: file:… or env:…")
    mail_host: HostName | None = Field(default=None, description="the mail relay; nothing: no e-mail")
    mail_port: Port = Field(default=587, description="the mail relay's port")
    mail_tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="its TLS: starttls, implicit, or none for this very machine"
    )
    mail_ca_file: Path | None = Field(
        default=None, description="a file with its authority's certificate, if that is not public"
    )
    mail_username: Line | None = Field(default=None, description="the account at the mail relay")
    mail_password: SecretRef | None = Field(
        default=None, description="the account's password: file:… or env:…"
    )
    mail_sender: Line | None = Field(default=None, description="the address that mails come from")
    sms_host: HostName | None = Field(default=None, description="the SMPP message centre; nothing: no SMS")
    sms_port: Port = Field(default=3550, description="the message centre's port")
    sms_tls: Literal["implicit", "none"] = Field(
        default="implicit", description="its TLS: implicit, or none where the line is protected otherwise"
    )
    sms_system_id: Line | None = Field(default=None, description="the account at the message centre")
    sms_password: SecretRef | None = Field(
        default=None, description="that account's password: file:… or env:…"
    )
    sms_sender: Line | None = Field(default=None, description="the number or letters that texts come from")
    api_port: Port = Field(default=8080, description="the port that the proxy finds the API at")
    postgres_port: Port = Field(default=15432, description="the port of the embedded PostgreSQL")
    temporal_port: Port = Field(default=7233, description="the port of the embedded Temporal")


_TOLD = "answers"
KEYS = tuple(Answers.model_fields)
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "mail_host": ("mail_sender",),
    "sms_host": ("sms_system_id", "sms_password", "sms_sender"),
}
"""What a server that is there needs to be told."""


def answers_of(
    file: Path | None, told: Mapping[str, str], ask: Callable[[str, str, str | None], str] | None
) -> Answers:
    """told: over the file's. ask: at the terminal, by key, question and default; None: there is none.

    Raises InvalidFile with all that is wrong or missing, each with its line or its flag.
    """
    given: dict[str, object] = {**_read(file), **told}
    if ask is not None:
        _ask_for(given, ask)
    _refuse_unanswered(given, str(file or _TOLD))
    source = _source(file, given, changed=bool(told) or ask is not None)
    answers, faults = read(source, Answers)
    if answers is None or faults:
        raise InvalidFile(faults)
    missing = [each for host, needs in _NEEDS.items() if getattr(answers, host) for each in needs]
    missing = [each for each in missing if getattr(answers, each) is None]
    if missing:
        flags = ", ".join(f"`{each}` (--{each.replace('_', '-')})" for each in missing)
        raise ConfigError("setup.answers", f"needs {flags} too", place=source.name)
    return answers


def _refuse_unanswered(given: Mapping[str, object], place: str) -> None:
    missing = [key for key, field in Answers.model_fields.items() if field.is_required() and key not in given]
    if missing:
        flags = ", ".join(f"--{each.replace('_', '-')}" for each in missing)
        message = f"there is no terminal to ask at; tell {flags}, or write them into a file for --answers"
        raise ConfigError("setup.answers", message, place=place)


def _read(file: Path | None) -> Mapping[str, object]:
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            document, faults = parse(decoded(str(file), opened.read(LARGEST + 1)))
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise ConfigError("setup.answers", why, place=str(file)) from error
    if document is None:
        raise InvalidFile(faults)
    return document


def _source(file: Path | None, given: Mapping[str, object], *, changed: bool) -> SourceFile:
    """The file itself where nothing else was told, so that its faults are told with its lines."""
    if file is not None and not changed:
        return decoded(str(file), file.read_bytes())
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in given.items()]
    return SourceFile(_TOLD, "\n".join(lines) + "\n")


def _ask_for(given: dict[str, object], ask: Callable[[str, str, str | None], str]) -> None:
    """For what is not told yet, again until it can be true. Of a server that there is not, for nothing."""
    for key, field in Answers.model_fields.items():
        host = f"{key.partition('_')[0]}_host"
        if key in given or (host in Answers.model_fields and key != host and not given.get(host)):
            continue
        default: Any = "" if field.default in {None, PydanticUndefined} else str(field.default)
        while True:
            answer = ask(key, field.description or key, default).strip()
            if not answer and not field.is_required():
                break
            fault = _fault_of(key, {**given, key: answer}) if answer else "this one is needed"
            if fault is None:
                given[key] = answer
                break
            ask(key, fault, None)


def _fault_of(key: str, given: Mapping[str, object]) -> str | None:
    """Of this answer, beside those that were given before."""
    source = _source(None, given, changed=True)
    line = list(given).index(key) + 1
    _, faults = read(source, Answers)
    return next(
        (each.message for each in faults if each.line == line and "missing" not in each.message), None
    )
