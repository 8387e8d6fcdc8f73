"""Writes synthetic patients as CAMELYON17's stages.csv."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluator.metrics.staging import NODE_CATEGORIES, stage_from_nodes

N_PATIENTS = 30
NODES_A_PATIENT = 5
N_CENTRES = 5

_PROFILES = (
    (1.0, 0.0, 0.0, 0.0),
    (0.75, 0.25, 0.0, 0.0),
    (0.6, 0.1, 0.3, 0.0),
    (0.5, 0.1, 0.15, 0.25),
    (0.05, 0.05, 0.3, 0.6),
)
"""Shares of negative, ITC, micro and macro nodes, from healthy patients to widespread disease."""


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient with the category of each node, in node order."""

    name: str
    centre: int
    nodes: tuple[str, ...]

    @property
    def stage(self) -> str:
        """The pN stage that follows from the nodes."""
        return stage_from_nodes(self.nodes)


def draw_patients(seed: int) -> tuple[Patient, ...]:
    """Draw all patients, equally many from each centre and profile; equal seeds, equal patients."""
    rng = np.random.default_rng([seed, 17])
    return tuple(
        Patient(
            name=f"patient_{number:03d}",
            centre=number * N_CENTRES // N_PATIENTS,
            nodes=tuple(
                rng.choice(
                    NODE_CATEGORIES, size=NODES_A_PATIENT, p=_PROFILES[number % len(_PROFILES)]
                ).tolist()
            ),
        )
        for number in range(N_PATIENTS)
    )


def write_camelyon17(folder: Path, seed: int) -> None:
    """Write ``folder/stages.csv`` in the layout of the published training table."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("patient", "stage", "center"))
    for patient in draw_patients(seed):
        table.writerow((f"{patient.name}.zip", patient.stage, patient.centre))
        table.writerows(
            (f"{patient.name}_node_{node}.tif", category, patient.centre)
            for node, category in enumerate(patient.nodes)
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stages.csv").write_text(text.getvalue(), encoding="utf-8")
