"""What the demo adds to the terminal: the command `demo`, and `--demo FOLDER` for the commands that look."""

from __future__ import annotations

from pathlib import Path

from nextvisit.cli.extension import Elsewhere, Extension, Leaf


def _settings(folder: Path) -> Path:
    return folder / "nextvisit.yaml"


EXTENSION = Extension(
    commands={
        "demo": Leaf(
            "nextvisit_demo.command:demo",
            "Run the main job on sandbox servers: a clinic, a campaign, patients who answer, booked visits.",
        )
    },
    places=(
        Elsewhere(
            option="--demo",
            envvar="NEXTVISIT_DEMO",
            line="Folder of a running demo, as it prints it, instead of --config.",
            settings=_settings,
            opener="nextvisit_demo.place:open_demo",
        ),
    ),
)
