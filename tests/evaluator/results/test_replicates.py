from pathlib import Path

import numpy as np
import pytest

from evaluator.results.replicates import Replicates, replicates_from_npz, replicates_to_npz

DIGEST = "a" * 64


def some() -> Replicates:
    return Replicates(np.array([0.5, np.nan]), 24.6, DIGEST, np.ones((6, 2), dtype=np.float32))


def test_replicates_come_back_as_they_were_written() -> None:
    found = replicates_from_npz(replicates_to_npz(some()))

    np.testing.assert_array_equal(found.score, [0.5, np.nan])
    assert (found.n_units, found.resample_sha256) == (24.6, DIGEST)
    assert found.sensitivity_at is not None
    assert found.sensitivity_at.shape == (6, 2)


def test_other_kinds_have_no_sensitivities() -> None:
    found = replicates_from_npz(replicates_to_npz(Replicates(np.array([0.5]), 4, DIGEST)))

    assert found.sensitivity_at is None


def test_equal_replicates_give_equal_bytes() -> None:
    assert replicates_to_npz(some()) == replicates_to_npz(some())


def test_what_is_no_file_of_replicates_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", score=np.zeros(3))
    np.savez(tmp_path / "flat.npz", score=np.zeros((1, 3)), n_units=1, resample_sha256=DIGEST)
    np.savez(
        tmp_path / "pickle.npz",
        score=np.array([object()]),
        n_units=1,
        resample_sha256=DIGEST,
        allow_pickle=True,
    )
    contents = [path.read_bytes() for path in sorted(tmp_path.iterdir())]

    for content in (*contents, b"", b"nonsense", replicates_to_npz(some())[:200]):
        with pytest.raises(ValueError, match=r"not a file of replicates|pickle"):
            replicates_from_npz(content)
