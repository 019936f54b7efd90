"""NextVisit plugin: MIS adapter for FHIR R4 servers.

May import `sdk`; nobody may import it, its entry point is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from nextvisit.sdk.hookspecs import MisAdapterPlugin, hookimpl
from nextvisit_mis_fhir_r4.adapter import FhirR4Adapter
from nextvisit_mis_fhir_r4.capabilities import CAPABILITIES, capabilities
from nextvisit_mis_fhir_r4.settings import FhirR4Settings

__all__ = ["FhirR4Adapter", "FhirR4Settings", "mis_adapters"]


@hookimpl
def mis_adapters() -> Sequence[MisAdapterPlugin]:
    """The one adapter of this plugin."""
    return (
        MisAdapterPlugin("fhir_r4", FhirR4Settings, FhirR4Adapter, CAPABILITIES, with_settings=capabilities),
    )
