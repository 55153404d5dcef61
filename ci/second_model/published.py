"""The packages that nrfutil has made, and the damaged ones derived from them, as material for sessions."""

import json
import pathlib
import zipfile

from .packages import Package

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "harness/package/tests/data/nrfutil"


def index():
    """What is on record about the files."""
    return json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))


def public_key():
    """The key that the packages are signed with."""
    key = index()["keys"][0]
    return int(key["public_x_be_hex"], 16), int(key["public_y_be_hex"], 16)


def packages():
    """Every init packet and image that can be had from an archive; damaged archives have none."""
    found = []
    for folder in ("good", "broken"):
        for path in sorted((VECTORS / folder).glob("*.zip")):
            if path.name.startswith("bomb"):
                continue
            try:
                found += _of_archive(path)
            except (zipfile.BadZipFile, KeyError, TypeError, ValueError, RuntimeError, NotImplementedError):
                continue
    return found


def _of_archive(path):
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))["manifest"]
        for image in manifest.values():
            packet, data = archive.read(image["dat_file"]), archive.read(image["bin_file"])
            yield Package(packet, data, path.name)
