import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluator.comparison.exports import challenger_csv, ranking_csv, replicates_npz
from evaluator.comparison.ranking import Ranking, rank
from evaluator.metrics.intervals import Reason, Undefined
from evaluator.metrics.rank_frequencies import RankFrequencies
from evaluator.results.saved_results import read_folder
from ground_truth.types import Kind
from tests.evaluator.saved import saved_folder


def ranked(path: Path, kind: Kind, *, with_replicates: bool = True) -> Ranking:
    return rank(read_folder(saved_folder(path, kind, with_replicates=with_replicates)))


@pytest.mark.parametrize("kind", list(Kind))
def test_near_results_share_their_sets_and_far_ones_do_not(tmp_path: Path, kind: Kind) -> None:
    ranking = ranked(tmp_path, kind)

    assert [(row.name, row.rank, row.rank_set) for row in ranking.rows] == [
        ("good", 1, (1, 2)),
        ("fair", 2, (1, 2)),
        ("poor", 3, (3, 3)),
    ]
    assert ranking.reason is None
    assert isinstance(ranking.frequencies, RankFrequencies)
    assert ranking.frequencies.count.sum() == 3 * ranking.frequencies.n_resamples
    assert all(row.interval is not None for row in ranking.rows)


def test_without_replicates_there_are_ranks_and_no_sets(tmp_path: Path) -> None:
    ranking = ranked(tmp_path, Kind.STAGING, with_replicates=False)

    assert [(row.rank, row.rank_set) for row in ranking.rows] == [(1, None), (2, None), (3, None)]
    assert ranking.reason is Reason.NO_REPLICATES
    assert ranking.frequencies == Undefined(Reason.NO_REPLICATES)


def test_a_result_without_a_score_is_listed_last_and_not_ranked(tmp_path: Path) -> None:
    first, *rest = read_folder(saved_folder(tmp_path, Kind.STAGING))
    undefined = replace(first.result, aggregates={**first.result.aggregates, "score": None})

    ranking = rank([replace(first, result=undefined, replicates=None), *rest])

    assert [(row.name, row.rank, row.rank_set) for row in ranking.rows] == [
        ("good", 1, (1, 1)),
        ("poor", 2, (2, 2)),
        ("fair", None, None),
    ]


def test_one_result_alone_is_first(tmp_path: Path) -> None:
    (first, *_) = read_folder(saved_folder(tmp_path, Kind.STAGING))

    (row,) = rank([first]).rows

    assert (row.rank, row.rank_set) == (1, (1, 1))


def test_a_ranking_is_written_as_csv(tmp_path: Path) -> None:
    lines = ranking_csv(ranked(tmp_path, Kind.STAGING)).splitlines()
    bare = ranking_csv(ranked(tmp_path / "bare", Kind.LESIONS, with_replicates=False)).splitlines()

    assert lines[0] == (
        "rank,best_rank,worst_rank,name,score,interval_low,interval_high,interval_method"
    )
    assert lines[1].startswith("1,1,2,good,0.")
    assert lines[1].endswith(",bca")
    assert bare[3].startswith("3,,,poor,0.083333,")


def test_challenger_gets_a_value_for_each_case_and_algorithm(tmp_path: Path) -> None:
    stages = challenger_csv(read_folder(saved_folder(tmp_path / "stages", Kind.STAGING)))
    slides = challenger_csv(read_folder(saved_folder(tmp_path / "slides", Kind.SLIDES)))
    lesions = challenger_csv(read_folder(saved_folder(tmp_path / "lesions", Kind.LESIONS)))

    assert stages.splitlines()[:2] == ["task,case,algorithm,value", "staging,patient_000,fair,0.0"]
    # Patient 54 is pN2 and was called pN0(i+), three stages off.
    assert "staging,patient_054,fair,3.0" in stages
    assert len(stages.splitlines()) == 1 + 3 * 60
    assert "slides,slide_00,good,0.09999999999999998" in slides
    # Only tumour slides have lesions to be found.
    assert len(lesions.splitlines()) == 1 + 3 * 12
    assert "lesions,slide_11,good,0.0" in lesions


def test_all_replicates_go_into_one_file(tmp_path: Path) -> None:
    saved = read_folder(saved_folder(tmp_path, Kind.STAGING))

    with np.load(io.BytesIO(replicates_npz(saved)), allow_pickle=False) as arrays:
        assert arrays["names"].tolist() == ["fair", "good", "poor"]
        assert arrays["scores"].shape == (3, 2_000)
    with pytest.raises(ValueError, match="no replicates beside fair"):
        replicates_npz([replace(saved[0], replicates=None)])
    with pytest.raises(ValueError, match="beside any result"):
        replicates_npz([])
