from dataclasses import replace
from pathlib import Path

import pytest

from evaluator.results.parameters import LesionParameters
from evaluator.results.replicates import replicates_to_npz
from evaluator.results.saved_results import check_comparable, read_folder, read_saved
from ground_truth.types import Kind
from tests.evaluator.saved import save, scored


def test_a_result_comes_back_with_the_replicates_beside_it(tmp_path: Path) -> None:
    result = scored(tmp_path / "upload", Kind.STAGING, 15)

    found = read_saved(save(tmp_path / "mine.json", result))
    bare = read_saved(save(tmp_path / "other.json", result, with_replicates=False))

    assert (found.name, found.result) == ("mine", result)
    assert found.replicates is not None
    assert bare.replicates is None


def test_replicates_of_other_resamples_are_refused(tmp_path: Path) -> None:
    result = scored(tmp_path / "upload", Kind.STAGING, 15)
    path = save(tmp_path / "mine.json", result)
    assert result.replicates is not None
    other = replace(result.replicates, resample_sha256="0" * 64)
    path.with_suffix(".npz").write_bytes(replicates_to_npz(other))

    with pytest.raises(ValueError, match="of other resamples"):
        read_saved(path)


NO_SCORE = '{"aggregates": {"kind": "staging"}, "case": {}, "provenance": {}}'


@pytest.mark.parametrize("text", ["[]", "{}", "{", "1", "[" * 100_000, NO_SCORE])
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.json").write_text(text)

    with pytest.raises(ValueError, match=r"mine\.json is not a result"):
        read_saved(tmp_path / "mine.json")


def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    result = scored(tmp_path / "upload", Kind.STAGING, 15)
    odd = replace(result, aggregates={**result.aggregates, "score": "high"})

    with pytest.raises(ValueError, match=r"mine\.json is not a result .*: its score"):
        read_saved(save(tmp_path / "mine.json", odd, with_replicates=False))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no result"):
        read_folder(tmp_path)


def test_only_results_of_the_same_rules_are_compared(tmp_path: Path) -> None:
    stages = scored(tmp_path / "stages", Kind.STAGING, 15)
    lesions = scored(tmp_path / "lesions", Kind.LESIONS, 5)
    capped = scored(tmp_path / "capped", Kind.LESIONS, 5, LesionParameters(500))
    subset = replace(lesions, provenance=replace(lesions.provenance, subset="tumour"))
    newer = replace(lesions, provenance=replace(lesions.provenance, truth_version="f" * 12))
    redrawn = replace(lesions, provenance=replace(lesions.provenance, resample_sha256="f" * 64))
    saved = {
        name: read_saved(save(tmp_path / f"{name}.json", result, with_replicates=False))
        for name, result in (
            ("stages", stages),
            ("lesions", lesions),
            ("capped", capped),
            ("subset", subset),
            ("newer", newer),
            ("redrawn", redrawn),
        )
    }

    for name, what in (
        ("stages", "kinds"),
        ("capped", "scorings"),
        ("subset", "sets of slides"),
        ("newer", "truth versions"),
        ("redrawn", "resample matrices"),
    ):
        with pytest.raises(ValueError, match=f"results of several {what}"):
            check_comparable([saved["lesions"], saved[name]])
    with pytest.raises(ValueError, match="one name"):
        check_comparable([saved["lesions"], saved["lesions"]])
