"""Writes files that a visitor can upload: one for each phase, and one with faults."""

import io
import zipfile
from pathlib import Path

from ground_truth.types import Kind
from webapp.demo.seeding import FILE_NAMES, submission_file
from webapp.demo.teams import TEAMS
from webapp.demo.truths import DemoTruths

FAULTY_FILE_NAME = "lesions_with_problems.zip"
_SEED = 2024


def write_samples(folder: Path, truths: DemoTruths) -> None:
    """Write the files into a folder; writing them again changes nothing."""
    folder.mkdir(exist_ok=True)
    skill = TEAMS[1].skill
    for kind, name in FILE_NAMES.items():
        (folder / name).write_bytes(submission_file(truths, kind, skill, _SEED))
    faulty = _with_faults((folder / FILE_NAMES[Kind.LESIONS]).read_bytes())
    (folder / FAULTY_FILE_NAME).write_bytes(faulty)


def _with_faults(content: bytes) -> bytes:
    """Leave out one slide, and put two faulty rows into another."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good, zipfile.ZipFile(changed, "w") as bad:
        members = good.infolist()
        for member in members[:-1]:
            text = good.read(member)
            if member is members[0]:
                text += b"1.7,100,100\n0.5,-20,100\n"
            bad.writestr(member, text)
    return changed.getvalue()
