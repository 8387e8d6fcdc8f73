from dataclasses import replace
from datetime import timedelta

import pytest

from ground_truth.reference.cases import CaseList
from ground_truth.types import Kind
from ground_truth.versions.version import case_list as cases_of
from tests.webapp.world import LONG_AGO, World, staging_truth
from webapp.database.models import Release, TruthAccess
from webapp.errors import RefusalCode, Refused
from webapp.services.phases.challenges import (
    PhaseSpec,
    add_challenge,
    add_phase,
    case_list,
    list_phases,
    phase,
)

SPEC = PhaseSpec("camelyon17", "another", "Another", Kind.STAGING, LONG_AGO)
CASES = cases_of(staging_truth())


def add(world: World, spec: PhaseSpec, cases: CaseList = CASES) -> None:
    with world.sessions() as session:
        add_phase(session, spec, cases)


def test_a_phase_keeps_its_pair_and_its_case_list(world: World) -> None:
    with world.sessions() as session:
        view = phase(session, "stages")
        assert case_list(session, "stages") == CASES.to_json()

    assert (view.truth_version, len(view.scoring)) == ("0123456789ab", 12)
    assert (view.quota_limit, view.grace_seconds, view.state) == (3, 1800, "open")


def test_phases_are_listed_in_the_order_in_which_they_open(world: World) -> None:
    add(world, replace(SPEC, opens_at=LONG_AGO - timedelta(days=1)))

    with world.sessions() as session:
        assert [view.slug for view in list_phases(session)] == ["another", "stages"]


def test_parameters_move_the_scoring(world: World) -> None:
    add(world, replace(SPEC, slug="a", kind=Kind.LESIONS))
    add(world, replace(SPEC, slug="b", kind=Kind.LESIONS, parameters={}))
    few = {"max_detections_per_slide": 10}
    add(world, replace(SPEC, slug="c", kind=Kind.LESIONS, parameters=few))

    with world.sessions() as session:
        a, b, c = (phase(session, slug) for slug in "abc")
    assert (a.scoring == b.scoring, a.scoring == c.scoring) == (True, False)
    assert c.parameters["max_detections_per_slide"] == 10


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (replace(SPEC, slug="stages"), "slug"),
        (replace(SPEC, slug="Upper"), "slug"),
        (replace(SPEC, slug="-x"), "slug"),
        (replace(SPEC, slug="x" * 41), "slug"),
        (replace(SPEC, challenge_slug="nowhere"), "challenge_slug"),
        (replace(SPEC, closes_at=LONG_AGO), "closes_at"),
        (replace(SPEC, quota_limit=-1), "quota"),
        (replace(SPEC, quota_window_days=-1), "quota"),
        (replace(SPEC, release=Release.LADDER, truth_access=TruthAccess.PUBLIC), "release"),
        (replace(SPEC, release=Release.OPEN), "release"),
        (replace(SPEC, after_close=Release.OPEN), "after_close"),
        (
            replace(SPEC, release=Release.OPEN, truth_access=TruthAccess.PUBLIC_AFTER_CLOSE),
            "release",
        ),
        (replace(SPEC, parameters={"unknown": 1}), "parameters"),
        (replace(SPEC, name="\x00"), "name"),
    ],
)
def test_a_phase_that_makes_no_sense_is_refused(world: World, spec: PhaseSpec, field: str) -> None:
    with pytest.raises(Refused) as refused:
        add(world, spec)

    assert refused.value.field == field
    with world.sessions() as session:
        assert len(list_phases(session)) == 1


def test_another_case_list_of_the_same_truth_is_refused(world: World) -> None:
    with pytest.raises(Refused) as refused:
        add(world, SPEC, replace(CASES, patients=CASES.patients[1:]))

    assert refused.value.code is RefusalCode.CASE_LIST_CHANGED


def test_a_challenges_slug_is_taken_once(world: World) -> None:
    with world.sessions() as session, pytest.raises(Refused) as refused:
        add_challenge(session, slug="camelyon17", name="Again", summary="")

    assert refused.value.field == "slug"


def test_an_unknown_phase_is_refused(world: World) -> None:
    with world.sessions() as session:
        for read in (phase, case_list):
            with pytest.raises(Refused) as refused:
                read(session, "nowhere")
            assert refused.value.code is RefusalCode.UNKNOWN_PHASE
