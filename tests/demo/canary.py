"""Names and addresses that occur nowhere else, given to every patient of the sandbox clinic.

Phones, mailboxes and questions need no planting: the sandbox's own are unlike anything of ours.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from nextvisit_demo.stage import Stage
from nextvisit_sandbox import phrases
from tests.demo import driver

# Quotes, which HTML escapes, letters beyond ASCII and beyond Latin: what escaping, SMS alphabets and mail
# headers treat each in its own way.
NAMES = (
    ("Żółtodziób-Kanarewicz", "Świętokanarysław"),
    ("Канарейкина-Ёлкина", "Щебетунья"),
    ("O'Canaryfield", "Zqx D'Birdie"),
)
STREET = "ul. Kanarcza-Zqxowa 7/13"
CITY = "Ptaszków Zqxowy"
_DOMAINS = ("@poczta.example", "@skrzynka.example", "@mail.example", "@pochta.example")


async def plant(stage: Stage) -> None:
    """Rename everybody, before anything has been pulled."""
    async with driver.fhir(stage) as client:
        everybody = [each async for each in driver.everything(client, "Patient?_count=500")]
        for number, patient in enumerate(everybody):
            family, given = NAMES[number % len(NAMES)]
            changed = {
                **patient,
                "name": [{"use": "official", "family": family, "given": [given]}],
                "address": [{"line": [STREET], "city": CITY, "postalCode": "07-713", "country": "PL"}],
            }
            answer = await client.put(f"Patient/{patient['id']}", json=changed)
            answer.raise_for_status()


def secrets(folder: Path) -> frozenset[str]:
    """Everything that must be nowhere: planted, or what patients were reached by, or what they ask."""
    found = {STREET, CITY, *_DOMAINS, *(part for name in NAMES for part in name)}
    found |= {question for words in phrases.QUESTION.values() for question in words}
    for line in (folder / "sandbox-journal.jsonl").read_text(encoding="utf-8").splitlines():
        note = json.loads(line)
        for address in (note.get("to"), note.get("sender")):
            if address is None:
                continue
            # The mailbox without its domain, the number without its country.
            found.add(address.partition("@")[0] if "@" in address else address[-9:])
    return frozenset(found)


def forms(secret: str) -> Iterator[bytes]:
    """How it may look in a file: as it is, escaped, encoded. UTF-16 without its zero bytes."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        plain = secret.encode(encoding)
        yield plain.replace(b"\0", b"")
        yield plain.hex().encode()
        yield plain.hex().upper().encode()
        yield from _base64_cores(plain)
    for escaped in (quote(secret), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret.encode())[2:-1]):
        yield escaped.encode()
    for legacy in ("iso-8859-2", "windows-1251"):
        try:
            yield secret.encode(legacy)
        except UnicodeEncodeError:
            continue


def _base64_cores(plain: bytes) -> Iterator[bytes]:
    """The part that does not depend on the neighbours, for each of the three places it may begin at."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain).rstrip(b"=")
        first = (before * 8 + 5) // 6
        last = (before + len(plain)) * 8 // 6
        core = encoded[first:last]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))


def patterns(secrets_of_demo: Iterable[str]) -> dict[bytes, str]:
    """Each form with the secret it betrays."""
    return {
        form: secret
        for secret in secrets_of_demo
        for form in forms(secret)
        if len(form) >= _SHORTEST and b"\n" not in form
    }


_SHORTEST = 8
"""A shorter form would be found by chance in a hundred megabytes."""
