"""Pictures of people, for tests that need more than one person.

The astronaut is part of the project. The others, official portraits of two US politicians and so in the public domain, are taken from the source
archive of the PyPI package face_recognition 1.3.0 when a test first asks for them; `.tools` keeps them. Nothing of the archive is run.
"""

import hashlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
KEPT = ROOT / ".tools" / "portraits"
ARCHIVE = "face_recognition-1.3.0.tar.gz"
ARCHIVE_SHA256 = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
# Two pictures of one person taken years apart, and another person.
NAMES = ("obama", "obama2", "biden")


def astronaut() -> bytes:
    return (ROOT / "tests/data/photos/astronaut.png").read_bytes()


def portraits() -> dict[str, bytes]:
    """The portraits by name, fetched when they are not there."""
    if not all((KEPT / f"{name}.jpg").exists() for name in NAMES):
        fetch()
    return {name: (KEPT / f"{name}.jpg").read_bytes() for name in NAMES} | {"astronaut": astronaut()}


def fetch():
    archive = read(archive_url())
    if hashlib.sha256(archive).hexdigest() != ARCHIVE_SHA256:
        raise ValueError(f"{ARCHIVE} is not the archive that the tests were written with")
    KEPT.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for name in NAMES:
            picture = members.extractfile(f"face_recognition-1.3.0/tests/test_images/{name}.jpg").read()
            # Tests may run side by side: a picture is there whole or not at all.
            beside = KEPT / f"{name}.{os.getpid()}"
            beside.write_bytes(picture)
            beside.rename(KEPT / f"{name}.jpg")


def archive_url() -> str:
    """Where the package index, the one that pip is set up for, has the archive."""
    setting = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False)
    index = os.environ.get("PIP_INDEX_URL") or setting.stdout.strip() or "https://pypi.org/simple"
    page = f"{index.rstrip('/')}/face-recognition/"
    for link in re.findall(r'href="([^"]+)"', read(page).decode()):
        if ARCHIVE in link:
            return urllib.parse.urljoin(page, link.split("#")[0])
    raise ValueError(f"{page} does not list {ARCHIVE}")


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()
