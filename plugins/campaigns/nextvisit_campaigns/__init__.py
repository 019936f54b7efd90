"""NextVisit plugin: The built-in campaign catalogue. Campaigns are data: a folder each.

May import `sdk`; nobody may import it, its entry point is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nextvisit.sdk.hookspecs import hookimpl


@hookimpl
def campaign_folders() -> Sequence[Path]:
    """Every folder beside this file that has a campaign.yaml, by name."""
    return sorted(path.parent for path in Path(__file__).parent.glob("*/campaign.yaml"))
