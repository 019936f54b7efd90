"""What only the administrator knows: one question each, told by a flag, in a file, or at the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, ValidationInfo
from pydantic_core import PydanticUndefined

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import Part, SourceFile, read
from nextvisit.files.yaml_text import LARGEST, decoded, parse
from nextvisit.install.setting_values import Country, HostName, Language, Line, Phone, PublicUrl, ZoneName
from nextvisit.install.untouched import untouched
from nextvisit.sdk.addresses import EMAIL
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.settings import SecretRef, reveal


def _number(given: object) -> object:
    return int(given) if isinstance(given, str) and given.isascii() and given.isdecimal() else given


def _once(port: int, info: ValidationInfo) -> int:
    for key in _OWN_PORTS:
        if key != info.field_name and info.data.get(key) == port:
            message = f"{port} is `{key}` already"
            raise ValueError(message)
    return port


def _is_address(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "must be an address such as https://mis.clinic.example/fhir"
        raise ValueError(message)
    return url


def _is_mailbox(text: str) -> str:
    if EMAIL.normalise(text, "") is None:
        message = "must be an e-mail address"
        raise ValueError(message)
    return text


def _is_there(path: Path) -> Path:
    if not path.is_absolute() or not path.is_file():
        message = "must be a file that is there, with its whole path"
        raise ValueError(message)
    return path


_OWN_PORTS = ("api_port", "postgres_port", "temporal_port")
Port = Annotated[int, BeforeValidator(_number), Field(ge=1, le=65535)]
# Ports below are root's, and nothing of ours goes on as root.
OwnPort = Annotated[int, BeforeValidator(_number), Field(ge=1024, le=65535), AfterValidator(_once)]


def _listed(given: object) -> object:
    """`pl, en` as it is typed."""
    return [each.strip() for each in given.split(",")] if isinstance(given, str) else given


class Answers(Part):
    """A mail relay and a message centre are there if they have a host.

    Secrets are told by where they are (`file:…`, `env:…`), and a copy is put where the roles read it.
    """

    name: Line = Field(description="the clinic's name, as patients read it")
    short_name: Line | None = Field(default=None, description="a shorter one, which signs text messages")
    country: Country = Field(description="the country, by two letters (PL)")
    phone: Phone = Field(description="the phone number that patients call")
    zone: ZoneName = Field(description="the time zone (Europe/Warsaw)")
    languages: Annotated[tuple[Language, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        description="the languages that patients are written to in, the first for everybody else (pl, en)"
    )
    public_url: PublicUrl = Field(description="the address that links in messages begin with (https://…)")
    mis_url: Annotated[Line, AfterValidator(_is_address)] = Field(
        description="the MIS's FHIR R4 server (https://…)"
    )
    mis_token: SecretRef | None = Field(default=None, description="the MIS's bearer token (file:… or env:…)")
    mail_host: HostName | None = Field(default=None, description="the mail relay; none: no e-mail")
    mail_port: Port = Field(default=587, description="the mail relay's port")
    mail_tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="its TLS: starttls, implicit, or none for this very machine"
    )
    mail_ca_file: Annotated[Path, AfterValidator(_is_there)] | None = Field(
        default=None, description="a file with its authority's certificate, if that is not public; it stays"
    )
    mail_username: Line | None = Field(default=None, description="the account at the mail relay")
    mail_password: SecretRef | None = Field(
        default=None, description="the account's password (file:… or env:…)"
    )
    mail_sender: Annotated[Line, AfterValidator(_is_mailbox)] | None = Field(
        default=None, description="the address that mails come from"
    )
    sms_host: HostName | None = Field(default=None, description="the SMPP message centre; none: no SMS")
    sms_port: Port = Field(default=3550, description="the message centre's port")
    sms_tls: Literal["implicit", "none"] = Field(
        default="implicit", description="its TLS: implicit, or none where the line is protected otherwise"
    )
    sms_system_id: Line | None = Field(default=None, description="the account at the message centre")
    sms_password: SecretRef | None = Field(
        default=None, description="that account's password (file:… or env:…)"
    )
    sms_sender: Line | None = Field(default=None, description="the number or letters that texts come from")
    api_port: OwnPort = Field(default=8080, description="the port that the proxy finds the API at")
    postgres_port: OwnPort = Field(default=15432, description="the port of the embedded PostgreSQL")
    temporal_port: OwnPort = Field(default=7233, description="the port of the embedded Temporal")

    @property
    def secrets(self) -> Mapping[str, SecretRef]:
        """Where those are that were told, by their keys."""
        told = {key: getattr(self, key) for key in SECRETS}
        return {key: reference for key, reference in told.items() if reference is not None}


KEYS = tuple(Answers.model_fields)
SECRETS = ("mis_token", "mail_password", "sms_password")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "mail_host": ("mail_sender",),
    "sms_host": ("sms_system_id", "sms_password", "sms_sender"),
}
"""What a server that is there needs to be told."""
_TOLD = "answers"


def answers_of(
    file: Path | None, told: Mapping[str, str], ask: Callable[[str, str, str | None], str] | None
) -> Answers:
    """told: over the file's. ask: at the terminal, by key, question and default; None: there is none.

    Raises InvalidFile or ConfigError with all that is wrong or missing, each with its line or its flag.
    """
    if file is not None and not told:
        answers, faults = _checked(_read(file))
        if answers is None or faults:
            raise InvalidFile(faults)
        return answers
    given: dict[str, object] = {**_parsed(file), **told}
    if ask is not None:
        if wrong := [(key, fault) for key in given if (fault := _fault_of(key, given))]:
            raise _told_wrong(wrong)
        _ask_for(given, ask)
    else:
        _refuse_unanswered(given)
    answers, faults = _checked(_source(given))
    if answers is None or faults:
        keys = list(given)
        raise _told_wrong((keys[each.line - 1], each.message) for each in faults)
    return answers


def _told_wrong(faults: Iterable[tuple[str, str]]) -> ConfigError:
    """By the flags that the answers have, whether they were told by these or not."""
    each_once = dict.fromkeys(f"{_flag(key)} {message}" for key, message in faults)
    return ConfigError("setup.answers", "; ".join(each_once), place=_TOLD)


def secrets_of(file: Path | None, told: Mapping[str, str]) -> Mapping[str, SecretRef]:
    """Those that are told, by their keys, whatever else is told. Raises ConfigError for one that is none."""
    given: dict[str, object] = {**_parsed(file), **told}
    try:
        return {key: _REFERENCE.validate_python(given[key]) for key in SECRETS if key in given}
    except ValidationError:  # whose words may quote it
        message = "must be file:/path/of/secret or env:NAME"
        raise ConfigError("setup.answers", message, place=", ".join(SECRETS)) from None


_REFERENCE: TypeAdapter[SecretRef] = TypeAdapter(SecretRef)


def _checked(source: SourceFile) -> tuple[Answers | None, list[Fault]]:
    """With all that is wrong: what is the manual's, what a server needs, secrets that are not there, too."""
    answers, faults = read(source, Answers)
    faults += untouched(source)
    if answers is None:
        return None, faults
    for host, needs in _NEEDS.items():
        faults += [
            answers.place.fault_at(host, f"needs `{each}` ({_flag(each)}) too")
            for each in needs
            if getattr(answers, host) is not None and getattr(answers, each) is None
        ]
    for key, reference in answers.secrets.items():
        if why := _unreadable(reference):
            faults.append(answers.place.fault_at(key, why))
    return answers, sorted(faults, key=lambda each: (each.line, each.column))


def _unreadable(reference: SecretRef) -> str | None:
    """Why; None for a secret that is there."""
    try:
        return None if reveal(reference) else "is empty"
    except ConfigError as error:
        return error.why


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _refuse_unanswered(given: Mapping[str, object]) -> None:
    missing = [key for key, field in Answers.model_fields.items() if field.is_required() and key not in given]
    if missing:
        flags = ", ".join(map(_flag, missing))
        message = f"lack {flags}; tell them by these flags, in a file for --answers, or at a terminal"
        raise ConfigError("setup.answers", message, place=_TOLD)


def _read(file: Path) -> SourceFile:
    try:
        with file.open("rb") as opened:
            return decoded(str(file), opened.read(LARGEST + 1))
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise ConfigError("setup.answers", why, place=str(file)) from error


def _parsed(file: Path | None) -> Mapping[str, object]:
    if file is None:
        return {}
    document, faults = parse(_read(file))
    if document is None:
        raise InvalidFile(faults)
    return document


def _source(given: Mapping[str, object]) -> SourceFile:
    """A line for each."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in given.items()]
    return SourceFile(_TOLD, "\n".join(lines) + "\n")


def _ask_for(given: dict[str, object], ask: Callable[[str, str, str | None], str]) -> None:
    """For what is not told yet, again until it can be true. Of a server that there is not, for nothing."""
    for key, field in Answers.model_fields.items():
        host = f"{key.partition('_')[0]}_host"
        if key in given or (host in Answers.model_fields and key != host and not given.get(host)):
            continue
        needed = field.is_required() or key in _NEEDS.get(host, ())
        default: Any = "" if field.default in {None, PydanticUndefined} else str(field.default)
        while True:
            answer = ask(key, field.description or key, default).strip()
            if not answer and not needed:
                break
            fault = _fault_of(key, {**given, key: answer}) if answer else "this one is needed"
            if fault is None:
                given[key] = answer
                break
            ask(key, fault, None)


def _fault_of(key: str, given: Mapping[str, object]) -> str | None:
    """Of this answer, beside those that were given before."""
    source = _source(given)
    line = list(given).index(key) + 1
    _, faults = read(source, Answers)
    wrong = [each.message for each in (*faults, *untouched(source)) if each.line == line]
    wrong = [each for each in wrong if not each.endswith(" is missing here")]
    if not wrong and key in SECRETS and (why := _unreadable(str(given[key]))):
        return why
    return wrong[0] if wrong else None
