"""Holds the demonstration's teams, which are invented and differ in skill."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Skill:
    """How good a method is; shares are between 0 and 1, and 1 is best.

    Attributes
    ----------
    sensitivity : float
        Share of lesions that it finds.
    false_positives : float
        Mean number of false detections a slide.
    offset_um : float
        Standard deviation of a detection's distance from its target, in each direction.
    separation : float
        Distance between what it sees in tumour and in normal slides, in standard deviations.
    node_accuracy : float
        Share of lymph nodes that it puts into the right category.
    """

    sensitivity: float
    false_positives: float
    offset_um: float
    separation: float
    node_accuracy: float


@dataclass(frozen=True, slots=True)
class Team:
    """One invented team, its method, and how often it submits to each phase."""

    name: str
    captain: str
    method: str
    description: str
    skill: Skill
    attempts: int = 1
    is_baseline: bool = False

    def skill_at(self, attempt: int) -> Skill:
        """Return the skill at an attempt, counted from 1; the last attempt is the best."""
        missing = self.attempts - attempt
        return replace(
            self.skill,
            sensitivity=self.skill.sensitivity * 0.85**missing,
            false_positives=self.skill.false_positives * 1.6**missing,
            separation=self.skill.separation * 0.8**missing,
            node_accuracy=self.skill.node_accuracy * 0.93**missing,
        )


TEAMS = (
    Team(
        "Copper Beech",
        "Ada Winterbourne",
        "Two-scale ensemble",
        "Five networks at 0.5 and 1.0 um, averaged; stain augmentation in training.",
        Skill(0.96, 0.5, 15.0, 2.9, 0.97),
        attempts=2,
    ),
    Team(
        "Northlight Pathology",
        "Jonas Ekeby",
        "Foundation encoder with attention pooling",
        "Frozen patch encoder, gated attention, detections from the attention map.",
        Skill(0.88, 1.0, 20.0, 2.4, 0.92),
        attempts=3,
    ),
    Team(
        "Harrier Lab",
        "Meera Solanki",
        "Dense U-Net",
        "Segmentation at 1.0 um, hard negatives mined twice.",
        Skill(0.78, 2.0, 30.0, 2.0, 0.87),
        attempts=2,
    ),
    Team(
        "Saltmarsh Group",
        "Tom Aldergate",
        "Patch classifier",
        "A single network at 0.5 um and non-maximum suppression.",
        Skill(0.66, 4.0, 40.0, 1.6, 0.80),
    ),
    Team(
        "Lantern Street",
        "Inês Carvalhal",
        "Weakly supervised classifier",
        "Trained on slide labels only.",
        Skill(0.50, 6.0, 60.0, 1.2, 0.72),
    ),
    Team(
        "Quiet Meadow",
        "Pavel Horák",
        "Colour and texture features",
        "Random forest on hand-made features.",
        Skill(0.34, 9.0, 80.0, 0.8, 0.60),
    ),
    Team(
        "Threshold baseline",
        "Organisers",
        "Dark nuclei by a fixed threshold",
        "What a method without any learning reaches.",
        Skill(0.15, 12.0, 90.0, 0.2, 0.35),
        is_baseline=True,
    ),
)
