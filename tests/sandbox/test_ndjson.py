"""Reading a population from FHIR NDJSON."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from nextvisit_sandbox.population.synthea import UnusableFiles, load

if TYPE_CHECKING:
    from pathlib import Path

ANN = json.dumps({"resourceType": "Patient", "id": "p1", "name": [{"family": "Canary-8461"}]}).encode()
BEN = json.dumps({"resourceType": "Patient", "id": "p2"}).encode()
CLINIC = json.dumps({"resourceType": "Organization", "id": "o1"}).encode()


def test_plain_and_gzipped_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "Organization.ndjson.gz").write_bytes(gzip.compress(CLINIC + b"\n"))
    (tmp_path / "Patient.ndjson").write_bytes(ANN + b"\r\n\r\n" + BEN)
    (tmp_path / "README.txt").write_text("no data")
    assert [each["id"] for each in load(tmp_path)] == ["o1", "p1", "p2"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no *.ndjson"),
        ({"bundle.json": ANN}, "holds no *.ndjson"),
        ({"Organization.ndjson": CLINIC}, "no Patient in its files"),
        ({"Patient.ndjson": ANN + b"\n\n" + BEN[:-1]}, "Patient.ndjson, line 3: is no JSON"),
        ({"Patient.ndjson": b"[" + ANN + b"]"}, "Patient.ndjson, line 1: is no FHIR resource"),
        ({"Patient.ndjson": b'{"resourceType": "Patient"}'}, "Patient.ndjson, line 1: is no FHIR resource"),
        ({"Patient.ndjson": ANN + b"\n" + ANN}, "Patient.ndjson, line 2: this Patient was there before"),
        ({"Patient.ndjson": ANN, "Patient.ndjson.gz": gzip.compress(ANN)}, "keep one of the two"),
        ({"Patient.ndjson.gz": ANN}, "Patient.ndjson.gz: is not gzip"),
        ({"Patient.ndjson.gz": gzip.compress(ANN)[:-9]}, "Patient.ndjson.gz: is not gzip, or not all of it"),
        ({"Patient.ndjson": "Świętosława".encode("utf-16")}, "Patient.ndjson: is not UTF-8"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(
    tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableFiles) as caught:
        load(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))
    assert said in str(caught.value)
    assert "Canary" not in str(caught.value)


def test_a_folder_that_is_not_there_and_a_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFiles, match="there is no such folder"):
        load(tmp_path / "absent")
    (tmp_path / "Patient.ndjson").write_bytes(ANN)
    with pytest.raises(UnusableFiles, match="is a file; name the folder"):
        load(tmp_path / "Patient.ndjson")
