"""Makes small matched records for tests: by hand, and at random with many ties."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluator.metrics.matched_record import MatchedRecord

MISSED = -np.inf

# Few values, so that ties are the rule.
confidences = st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.6, 0.7, 0.9, 1.0])


def record(
    lesions: list[tuple[int, float]], false_positives: list[tuple[int, float]], n_slides: int
) -> MatchedRecord:
    """Make a record from (slide, score) of lesions and (slide, confidence) of false positives."""
    return MatchedRecord(
        np.array([score for _, score in lesions], dtype=np.float64),
        np.array([slide for slide, _ in lesions], dtype=np.int64),
        np.array([confidence for _, confidence in false_positives], dtype=np.float64),
        np.array([slide for slide, _ in false_positives], dtype=np.int64),
        n_slides,
    )


@st.composite
def records(draw: st.DrawFn) -> MatchedRecord:
    """Draw records of one to five slides with at least one lesion."""
    n_slides = draw(st.integers(1, 5))
    slides = st.integers(0, n_slides - 1)
    scores = st.one_of(st.just(MISSED), confidences)
    lesions = draw(st.lists(st.tuples(slides, scores), min_size=1, max_size=8))
    fps = draw(st.lists(st.tuples(slides, confidences), max_size=50))
    return record(lesions, fps, n_slides)


@st.composite
def draws(draw: st.DrawFn, n_slides: int) -> NDArray[np.uint8]:
    """Draw weights of a few resamples, those that leave every slide out included."""
    row = st.lists(st.integers(0, 3), min_size=n_slides, max_size=n_slides)
    return np.array(draw(st.lists(row, min_size=1, max_size=4)), dtype=np.uint8)


def random_record(seed: int, n_fps: int, n_slides: int = 40) -> MatchedRecord:
    """Make a record with distinct confidences, lesions on the first half of the slides."""
    generator = np.random.default_rng(seed)
    n_lesions = 2 * n_slides
    is_hit = generator.random(n_lesions) < 0.8
    return MatchedRecord(
        np.where(is_hit, generator.random(n_lesions), MISSED),
        generator.integers(0, n_slides // 2, n_lesions),
        generator.random(n_fps) ** 2,
        generator.integers(0, n_slides, n_fps),
        n_slides,
    )
