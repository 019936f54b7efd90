"""YAML text → a checked model, with every fault at its place.

The one hard thing here: pydantic knows what is wrong and YAML knows where. The parser below keeps the
place of every mapping, list and word, and `Part`, the base of all file models, hands them on to the
models, so that later checks can point at a line too.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import ErrorDetails

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.yaml_text import Block, Items, Mark, SourceFile, Text, parse
from nextvisit.sdk.errors import Bug, SettingsFault

__all__ = [
    "Foreign",
    "LanguageTag",
    "Part",
    "Place",
    "Reading",
    "Slug",
    "SourceFile",
    "did_you_mean",
    "load",
    "nearest",
    "read",
    "read_foreign",
]


_SHORTEST_SECRET: Final = 4

_SLUG: Final = r"^[a-z][a-z0-9_-]*$"
Slug = Annotated[str, Field(pattern=_SLUG)]
"""The name of something in a file: of a campaign, a step, a specialty."""

_LANGUAGE: Final = r"^[a-z]{2,3}(-[A-Z]{2})?$"
LanguageTag = Annotated[str, Field(pattern=_LANGUAGE)]
"""`pl`, `pt-BR`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model stands in its file."""

    file: str
    mark: Mark
    keys: Mapping[str, Mark]
    values: Mapping[str, Mark]

    def fault(self, message: str, *, severity: Literal["error", "warning"] = "error") -> Fault:
        """A fault of the whole."""
        return Fault(self.file, self.mark.line, self.mark.column, message, severity)

    def fault_at(self, key: str, message: str, *, severity: Literal["error", "warning"] = "error") -> Fault:
        """A fault of one key's value, or of the whole if the key is not written there."""
        mark = self.mark_of(key)
        return Fault(self.file, mark.line, mark.column, message, severity)

    def mark_of(self, key: str) -> Mark:
        """Where one key's value stands, or the whole if the key is not written there."""
        return self.values.get(key, self.mark)


@dataclass(slots=True)
class Reading:
    """What validators need to know and what they find. `specialties` None: any slug will do."""

    file: str
    specialties: Collection[str] | None = None
    faults: list[Fault] = field(default_factory=list)


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that somebody who wrote `word` may have meant."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)), None)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The end of a message: the nearest known word, or all of them."""
    if near := nearest(word, known):
        return f"; did you mean `{near}`?"
    return f"; known here: {', '.join(sorted(known))}" if known else ""


class Part(BaseModel):
    """A piece of a file. Knows its place; an unknown key is a fault and does not hide other faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    _place: Place = PrivateAttr(default=Place("", Mark(1, 1), {}, {}))

    @property
    def place(self) -> Place:
        return self._place

    @classmethod
    def unknown_key(cls, key: str) -> str:
        """What to say of a key that this part does not have."""
        return f"unknown key `{key}`{did_you_mean(key, cls.known_keys())}"

    @classmethod
    def known_keys(cls) -> frozenset[str]:
        return frozenset(info.alias or name for name, info in cls.model_fields.items())

    @classmethod
    def shorthand(cls, word: str) -> Mapping[str, object] | None:
        """What a single word in the place of this part stands for; None: it may not be a word."""
        del word
        return None

    @model_validator(mode="wrap")
    @classmethod
    def _placed(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if isinstance(data, Text) and (meant := cls.shorthand(data)) is not None:
            part = handler(meant)
            part._place = Place(_reading(info).file, data.mark, {}, dict.fromkeys(meant, data.mark))  # noqa: SLF001
            return part
        if not isinstance(data, Block):
            return handler(data)
        known, reading = cls.known_keys(), _reading(info)
        for key, mark in data.keys_at.items():
            if key not in known:
                message = cls.unknown_key(key)
                reading.faults.append(Fault(reading.file, mark.line, mark.column, message))
        part = handler({key: value for key, value in data.items() if key in known})
        part._place = Place(reading.file, data.mark, data.keys_at, data.values_at)  # noqa: SLF001
        # Read as left out it might widen what the campaign does: an arm with an empty `when` is everybody's.
        for name, each in cls.model_fields.items():
            key = each.alias or name
            if key in data and data[key] is None and each.annotation is not NoneType:
                message = f"`{key}` is empty; write its value, or leave `{key}` out"
                reading.faults.append(part.place.fault_at(key, message))
        return part


def _reading(info: ValidationInfo) -> Reading:
    if not isinstance(info.context, Reading):
        raise Bug("config.no_reading", "file models are validated by config_file.load")
    return info.context


def _as_written(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    check(value)
    return value


Foreign = Annotated[dict[str, Any], WrapValidator(_as_written)]
"""A mapping whose model somebody else brings. It stays as it was read, for `read_foreign`."""


M = TypeVar("M", bound=Part)
F = TypeVar("F", bound=BaseModel)


def load(source: SourceFile, model: type[M], *, specialties: Collection[str] | None = None) -> M:
    """The file as `model`. Raises InvalidFile with all faults that can be seen at once."""
    found, faults = read(source, model, specialties=specialties)
    if found is None or faults:
        raise InvalidFile(faults)
    return found


def read(
    source: SourceFile, model: type[M], *, specialties: Collection[str] | None = None
) -> tuple[M | None, list[Fault]]:
    """Like `load`, but hands the faults back, so that faults of several files can be shown together."""
    data, faults = parse(source)
    if data is None:
        return None, faults
    reading = Reading(source.name, specialties)
    try:
        found = model.model_validate(data, context=reading)
    except ValidationError as error:
        found = None
        reading.faults += [_fault(source.name, data, details) for details in error.errors()]
    unique = {(fault.line, fault.column, fault.message): fault for fault in (*faults, *reading.faults)}
    return found, [unique[key] for key in sorted(unique)]


def read_foreign(
    place: Place, key: str, values: Mapping[str, object], model: type[F]
) -> F | tuple[Fault, ...]:
    """What stands at `key` of `place` as somebody else's model, or all of its faults. They show no value."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        return tuple(
            _foreign_fault(place, key, values, model, details)
            for details in error.errors(include_input=False, include_url=False)
        )


def _foreign_fault(
    place: Place, key: str, values: Mapping[str, object], model: type[BaseModel], details: ErrorDetails
) -> Fault:
    loc = details["loc"]
    mark = _where(values, loc) if isinstance(values, Block) else place.values.get(key, place.mark)
    where = ".".join(str(part) for part in loc)
    says = _foreign_words(model, details)
    meant = isinstance(details.get("ctx", {}).get("error"), SettingsFault)
    if not meant and details["type"] not in {"extra_forbidden", "missing"}:
        says = _without(says, _leaves(_at(values, loc)))
    return Fault(place.file, mark.line, mark.column, f"{key}.{where}: {says}")


def _at(values: object, loc: tuple[int | str, ...]) -> object:
    """What stands there, or the nearest around it."""
    for part in loc:
        match values:
            case Mapping() if part in values:
                values = values[part]
            case list() | tuple() if isinstance(part, int) and part < len(values):
                values = values[part]
    return values


def _leaves(value: object) -> Iterator[str]:
    match value:
        case Mapping():
            for each in value.values():
                yield from _leaves(each)
        case list() | tuple():
            for each in value:
                yield from _leaves(each)
        case _:
            yield str(value)


def _without(says: str, values: Iterable[str]) -> str:
    """Somebody else's words may quote what they were given. What is shorter is no secret."""
    for each in sorted(set(values), key=len, reverse=True):
        if len(each) >= _SHORTEST_SECRET:
            says = says.replace(each, "…")
    return says


def _foreign_words(model: type[BaseModel], details: ErrorDetails) -> str:
    match details["type"]:
        case "extra_forbidden":
            *outer, key = details["loc"]
            return f"unknown key{did_you_mean(str(key), _keys_of(model, outer))}"
        case "missing":
            return "is missing"
        case "value_error":
            return str(details["ctx"]["error"])
        case _:
            return details["msg"]


def _keys_of(model: type[BaseModel], outer: Sequence[int | str]) -> Collection[str]:
    """The keys of the model that stands there; none where that cannot be told."""
    for part in outer:
        info = model.model_fields.get(str(part))
        if info is None or not (isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)):
            return ()
        model = info.annotation
    return [info.alias or name for name, info in model.model_fields.items()]


def _fault(file: str, data: object, details: ErrorDetails) -> Fault:
    mark = _where(data, details["loc"])
    return Fault(file, mark.line, mark.column, _words(details))


def _where(data: object, loc: tuple[int | str, ...]) -> Mark:
    """The place of pydantic's `loc`. What the data does not have (a tag, a missing key) is passed over."""
    mark = data.mark if isinstance(data, Block | Items) else Mark(1, 1)
    key_mark = mark
    for part in loc:
        if part == "[key]":
            return key_mark
        if isinstance(data, Block) and isinstance(part, str) and part in data:
            key_mark, mark, data = data.keys_at[part], data.values_at[part], data[part]
        elif isinstance(data, Items) and isinstance(part, int) and part < len(data):
            mark, data = data.items_at[part], data[part]
    return mark


def _expected(details: ErrorDetails) -> str:
    expected = str(details.get("ctx", {}).get("expected", ""))
    options = [option.strip().strip("'") for part in expected.split(" or ") for option in part.split(",")]
    word = details["input"]
    if not isinstance(word, str):
        return f"expected one of: {', '.join(options)}"
    return f"`{word}` is not possible here{did_you_mean(word, options)}"


_PLAIN = {
    "string_type": "expected a text here; put it in quotes if it looks like a number",
    "int_type": "expected a whole number here",
    "int_parsing": "expected a whole number here",
    "int_from_float": "expected a whole number here",
    "float_type": "expected a number here",
    "float_parsing": "expected a number here",
    "bool_type": "expected true or false here",
    "bool_parsing": "expected true or false here",
    "list_type": "expected a list here: `[a, b]`, or lines that begin with `- `",
    "dict_type": "expected `key: value` lines here",
    "model_type": "expected `key: value` lines here",
    "model_attributes_type": "expected `key: value` lines here",
    "none_required": "nothing may be written here",
}

_PATTERNS = {
    _LANGUAGE: "write the language's code: `pl`, `en`, `pt-BR`",
    _SLUG: "use small letters, digits, `_` and `-` only, beginning with a letter",
}


def _words(details: ErrorDetails) -> str:  # noqa: C901  # one arm a kind of fault
    kind, context = details["type"], details.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    match kind:
        case "missing":
            return f"`{details['loc'][-1]}` is missing here"
        case "literal_error" | "enum":
            return _expected(details)
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "greater_than":
            return f"must be more than {context['gt']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_short":
            return "must not be empty"
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return _PATTERNS.get(context["pattern"], f"has to be written like `{context['pattern']}`")
        case _:
            return details["msg"]
