"""The files of one campaign → model, catalogue and version, or all faults at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nextvisit.files.fault import InvalidFile
from nextvisit.files.part import SourceFile, read
from nextvisit.files.yaml_text import parse
from nextvisit.flow.grammar.lowering import Lowered, lower
from nextvisit.flow.language.model import CampaignFile
from nextvisit.flow.verbs.end import ENDS
from nextvisit.messages.catalogue import MessagesFile, read_messages
from nextvisit.messages.model import Catalogue

CAMPAIGN_FILE = "campaign.yaml"


@dataclass(frozen=True, slots=True)
class LoadedCampaign:
    """A campaign whose form is right; `check` says whether it makes sense on a site.

    message_files: by language, for faults that point into them.
    """

    model: CampaignFile
    catalogue: Catalogue
    version: str
    lowered: Lowered
    message_files: Mapping[str, MessagesFile]


def load_campaign(
    campaign_yaml: SourceFile,
    messages: Sequence[SourceFile],
    *,
    specialties: Collection[str] | None = None,
) -> LoadedCampaign:
    """Raises InvalidFile. `specialties`: the site's slugs; None accepts any."""
    model, faults = read(campaign_yaml, CampaignFile, specialties=specialties)
    said = read_messages(messages)
    lowered = lower(model.steps, ENDS) if model is not None else Lowered()
    faults = [*faults, *lowered.faults, *said.faults]
    if model is None or faults:
        raise InvalidFile(sorted(faults, key=lambda fault: (fault.file, fault.line, fault.column)))
    return LoadedCampaign(
        model, said.catalogue, campaign_version(campaign_yaml, messages), lowered, said.files
    )


def load_files(files: Mapping[str, str], *, origin: str = "") -> LoadedCampaign:
    """A campaign's files as {relative path: text}. `origin` is put before their names in faults."""
    sources = {path: SourceFile(f"{origin}{path}", text) for path, text in sorted(files.items())}
    messages = [source for path, source in sources.items() if path.startswith("messages/")]
    return load_campaign(sources[CAMPAIGN_FILE], messages)


def campaign_version(campaign_yaml: SourceFile, messages: Sequence[SourceFile]) -> str:
    """SHA-256 (hex) of what the files say.

    Hashed is the UTF-8 JSON, keys sorted and no blanks, of {"campaign": C, "messages": [M, …]}: the files'
    values without comments, layout, file names and the order of keys; messages in the order of their
    languages. A number and a text of the same look differ.
    """
    said: list[Mapping[str, object]] = [parse(source)[0] or {} for source in messages]
    said.sort(key=lambda data: str(data.get("language")))
    canonical = {"campaign": parse(campaign_yaml)[0], "messages": said}
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
