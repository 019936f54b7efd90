"""The site's own catalogue: its specialties and services, and what each MIS calls them.

A code that is in no catalogue is nothing: it is left out and told, so that somebody maps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import Part, Slug, SourceFile, read

_Codes = dict[str, tuple[Annotated[str, Field(pattern=r"^\S{1,200}$")], ...]]
"""By connection; each `system|code`, or the code alone where the MIS names no system."""


class CatalogueFile(Part):
    """The file that the settings name. Each slug with its codes, by connection."""

    specialties: dict[Slug, _Codes] = Field(default_factory=dict)
    services: dict[Slug, _Codes] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodeCatalogue:
    """specialties, services: by connection, code → slug; the first code of a slug is the one we write."""

    specialties: Mapping[str, Mapping[str, str]]
    services: Mapping[str, Mapping[str, str]]

    @property
    def connections(self) -> frozenset[str]:
        """Of which it has codes."""
        return frozenset({*self.specialties, *self.services})


def read_catalogue(source: SourceFile) -> CodeCatalogue:
    """Raises InvalidFile with every fault: also where one code of a connection means two things."""
    file, faults = read(source, CatalogueFile)
    if file is None or faults:
        raise InvalidFile(faults)
    found = CodeCatalogue(_by_code(file.specialties), _by_code(file.services))
    twice = [
        *_twice(file, "specialties", file.specialties),
        *_twice(file, "services", file.services),
    ]
    if twice:
        raise InvalidFile(twice)
    return found


def _by_code(slugs: Mapping[str, _Codes]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for slug, codes in slugs.items():
        for connection, said in codes.items():
            found.setdefault(str(connection), {}).update({str(code): str(slug) for code in said})
    return found


def _twice(file: CatalogueFile, key: str, slugs: Mapping[str, _Codes]) -> Sequence[Fault]:
    seen: dict[tuple[str, str], str] = {}
    faults = []
    for slug, codes in slugs.items():
        for connection, said in codes.items():
            for code in said:
                first = seen.setdefault((connection, code), slug)
                if first != slug:
                    says = f"`{code}` of `{connection}` is `{first}` and `{slug}`; a code means one thing"
                    faults.append(file.place.fault_at(key, says))
    return faults
