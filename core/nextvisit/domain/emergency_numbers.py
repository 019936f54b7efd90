"""Whom to call when it cannot wait, by country.

112: Directive (EU) 2018/1972, Art. 109, in the Union, Iceland, Liechtenstein and Norway. A mobile phone
reaches an emergency centre by 112 wherever it is (3GPP TS 22.101, 10.1), so it stands for each country
that is not named here. Ukraine: 103 is the ambulance, 112 everything (law 4499-VI). Russia: the same (law
488-FZ). Belarus and Kazakhstan: 103. United Kingdom and Ireland: 999 beside 112 (Ofcom, ComReg). United
States, Canada and Mexico: 911. Australia: 000. New Zealand: 111. Israel: 101, the ambulance. Brazil: 192.
Japan: 119.

Crisis lines are those of which two sources say that they answer day and night: Poland's Centrum Wsparcia,
Germany's TelefonSeelsorge, the Samaritans, the 988 Lifeline, Lifeline Ukraine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class EmergencyNumbers:
    """As they are dialled there, the ambulance first. crisis_line: for somebody who wants to die."""

    call: tuple[str, ...]
    crisis_line: str | None = None


_EVERYWHERE: Final = EmergencyNumbers(("112",))

_BY_COUNTRY: Final[Mapping[str, EmergencyNumbers]] = MappingProxyType(
    {
        "AU": EmergencyNumbers(("000",)),
        "BR": EmergencyNumbers(("192",)),
        "BY": EmergencyNumbers(("103",)),
        "CA": EmergencyNumbers(("911",), crisis_line="988"),
        "DE": EmergencyNumbers(("112",), crisis_line="0800 1110111"),
        "GB": EmergencyNumbers(("999",), crisis_line="116 123"),
        "IE": EmergencyNumbers(("112", "999"), crisis_line="116 123"),
        "IL": EmergencyNumbers(("101",)),
        "JP": EmergencyNumbers(("119",)),
        "KZ": EmergencyNumbers(("103", "112")),
        "MX": EmergencyNumbers(("911",)),
        "NZ": EmergencyNumbers(("111",)),
        "PL": EmergencyNumbers(("112",), crisis_line="800 70 2222"),
        "RU": EmergencyNumbers(("103", "112")),
        "UA": EmergencyNumbers(("103", "112"), crisis_line="7333"),
        "US": EmergencyNumbers(("911",), crisis_line="988"),
    }
)


def emergency_numbers(country: str) -> EmergencyNumbers:
    """country: ISO 3166 alpha-2."""
    return _BY_COUNTRY.get(country, _EVERYWHERE)
