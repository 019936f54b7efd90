"""The site's catalogue as the settings name it, and what of it a connection's plugin is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nextvisit.desk.plain_file import read_plain
from nextvisit.domain.catalogue import CodeCatalogue, read_catalogue
from nextvisit.files.fault import Fault, InvalidFile
from nextvisit.files.part import did_you_mean
from nextvisit.install.settings import Settings


def catalogue(settings: Settings) -> CodeCatalogue | None:
    """The site's; None: it has none. Raises InvalidFile."""
    if settings.catalogue is None:
        return None
    path = settings.beside(Path(settings.catalogue))
    if not path.exists():
        says = f"{path} cannot be read: there is no such file"
        raise InvalidFile([settings.place.fault_at("catalogue", says)])
    return read_catalogue(read_plain(path))


def misnamed(settings: Settings) -> Sequence[Fault]:
    """The connections that it has codes of and that there are not. Raises InvalidFile."""
    read = catalogue(settings)
    wrong = [] if read is None else sorted(read.connections - settings.mis.keys())
    says = "it has codes of `{0}`, which is no MIS connection{1}"
    return [
        settings.place.fault_at("catalogue", says.format(slug, did_you_mean(slug, settings.mis)))
        for slug in wrong
    ]


def codes_of(settings: Settings, slug: str) -> Mapping[str, Mapping[str, str]]:
    """What the catalogue has for a connection. Raises InvalidFile."""
    read = catalogue(settings)
    if read is None or slug not in read.connections:
        return {}
    found = {"specialties": read.specialties.get(slug), "services": read.services.get(slug)}
    return {key: codes for key, codes in found.items() if codes is not None}
