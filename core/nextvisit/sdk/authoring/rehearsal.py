"""A MIS read from its beginning to its end into nothing: what there is, what cannot be read, what is odd.

Nothing is kept, and nothing of a patient is told: numbers, codes and offsets alone.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from nextvisit.sdk.errors import Bug, NextVisitError, RetryLater
from nextvisit.sdk.ports import MisAdapter
from nextvisit.sdk.records import Appointment, MisEvent, Oddity, Unreadable
from nextvisit.sdk.soundness import faults_of

_PATIENCE: Final = timedelta(minutes=5)
_CODE: Final = re.compile(r"[A-Za-z0-9_.:/|-]{1,80}")
NO_CODE: Final = "a code that is none"


@dataclass(slots=True)
class Rehearsed:
    """Each a count. records: by their kind. unreadable, odd: by the adapter's code. unsound: by what is wrong
    with a record, which an appliance would not keep.

    offsets: of visits' begins from UTC, one for summer and one for winter where clocks change. specialties:
    as campaigns call them; `none` where a visit has none, which no campaign can ask for. unmapped: the MIS's
    codes that nobody has mapped, each after the code of its oddity.
    """

    pages: int = 0
    size: int = 0
    records: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    unsound: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    offsets: Counter[str] = field(default_factory=Counter)
    specialties: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)

    def add(self, record: MisEvent) -> None:
        """Count it."""
        self.records[type(record).__name__] += 1
        self.unsound.update(each.code for each in faults_of(record) if each.bars)
        match record:
            case Unreadable():
                self.unreadable[_code(record.reason)] += 1
            case Oddity(code=code, word=word):
                self.odd[_code(code)] += 1
                if word:
                    self.unmapped[f"{_code(code)} {_code(word)}"] += 1
            case Appointment(start=start, specialty=specialty):
                self.specialties["none" if specialty is None else _code(specialty)] += 1
                if start is not None:
                    self.offsets[f"{start:%z}" or "no zone"] += 1
            case _:
                pass


async def rehearse(adapter: MisAdapter) -> Rehearsed:
    """Raises as `changes` does; Bug for what `parse` raises, without its words."""
    found = Rehearsed()
    pages = aiter(adapter.changes(None))
    while True:
        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                page = await anext(pages)
        except StopAsyncIteration:
            return found
        except TimeoutError:
            message = f"no page came within {_PATIENCE}"
            raise RetryLater("plugin.rehearsal", message) from None
        except NextVisitError:
            raise
        except Exception as error:  # noqa: BLE001  as of `parse`
            raise Bug("plugin.changes", f"changes failed with {type(error).__name__}") from None
        found.pages += 1
        found.size += len(page.body)
        for record in _parsed(adapter, page.body, found.pages):
            found.add(record)


def in_lines(found: Rehearsed) -> list[str]:
    """For people."""
    titles: Mapping[str, Counter[str]] = {
        "records": found.records,
        "unreadable": found.unreadable,
        "wrong, and not kept": found.unsound,
        "left out as odd": found.odd,
        "offsets of visits": found.offsets,
        "specialties of visits": found.specialties,
        "codes that nobody has mapped": found.unmapped,
    }
    lines = [f"{found.pages} pages, {found.size} bytes; nothing of them was kept."]
    for title, counts in titles.items():
        lines.append(f"{title}:{'' if counts else ' none'}")
        lines += [f"    {count:>8}  {name}" for name, count in counts.most_common()]
    return lines


def _parsed(adapter: MisAdapter, body: bytes, page: int) -> list[MisEvent]:
    try:
        return list(adapter.parse(body))
    except NextVisitError:
        raise
    except Exception as error:  # noqa: BLE001  a third party's code; what it says may name a patient
        raise Bug("plugin.parse", f"parse failed with {type(error).__name__} on page {page}") from None


def _code(said: str) -> str:
    """What is no code may be a patient's name."""
    return said if _CODE.fullmatch(said) else NO_CODE
