"""Makes a team's submissions of one table: slide probabilities, and pN stages with nodes."""

import numpy as np

from evaluator.metrics.staging import NODE_CATEGORIES, stage_from_nodes
from ground_truth.types import Kind, PatientTruth
from webapp.demo.teams import Skill
from webapp.demo.truths import DemoTruths


def slides_csv(truths: DemoTruths, skill: Skill, seed: int) -> bytes:
    """Return a submission to a phase of slides: one probability of metastasis a slide."""
    rng = np.random.default_rng([seed, 1])
    lines = ["image,probability"]
    for slide in truths.camelyon16.slides_for(Kind.SLIDES):
        evidence = skill.separation / 2.0 if slide.label == "tumour" else -skill.separation / 2.0
        probability = 1.0 / (1.0 + np.exp(-1.5 * (evidence + rng.standard_normal())))
        lines.append(f"{slide.slide}.tif,{probability:.4f}")
    return "\n".join([*lines, ""]).encode()


def stages_csv(truths: DemoTruths, skill: Skill, seed: int) -> bytes:
    """Return a submission to a phase of staging: each patient's stage, then its nodes."""
    rng = np.random.default_rng([seed, 2])
    lines = ["patient,stage"]
    for patient in truths.camelyon17.patients:
        nodes = _read_nodes(patient, skill, rng)
        lines.append(f"{patient.patient}.zip,{stage_from_nodes(list(nodes.values()))}")
        lines.extend(f"{node}.tif,{category}" for node, category in nodes.items())
    return "\n".join([*lines, ""]).encode()


def _read_nodes(patient: PatientTruth, skill: Skill, rng: np.random.Generator) -> dict[str, str]:
    """Return each node's category as the method reads it; a mistake is one category off."""
    seen = {}
    difficulty = rng.random(len(patient.nodes))
    for hardness, (node, category) in zip(difficulty, patient.nodes.items(), strict=True):
        place = NODE_CATEGORIES.index(category)
        neighbours = [*NODE_CATEGORIES[:place][-1:], *NODE_CATEGORIES[place + 1 :][:1]]
        mistake = str(rng.choice(neighbours))
        seen[node] = mistake if hardness >= skill.node_accuracy else category
    return seen
