"""Checks that a team with a batch of heatmaps holds up nobody, in a real service."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.faults.arena import Arena, arena
from tests.faults.test_recovery import heatmaps
from webapp.database.models import Evaluation, Submission
from webapp.processes.programs import WORKER

pytestmark = pytest.mark.processes

N_OF_THE_CROWD = int(os.environ.get("CAMELYON_FAULTS_BATCH", "8"))
N_OTHERS = int(os.environ.get("CAMELYON_FAULTS_TEAMS", "4"))
"""`make faults` has fifty of one team and ten teams with one each."""


def scored_order(place: Arena) -> list[int]:
    """Return the teams in the order in which their submissions were scored."""
    with place.runtime.reading() as session:
        return list(
            session.scalars(
                select(Submission.team_id)
                .join(Evaluation, Evaluation.submission_id == Submission.id)
                .where(Evaluation.finished_at.is_not(None))
                .order_by(Evaluation.finished_at, Evaluation.id)
            )
        )


def test_each_of_many_teams_is_scored_before_the_third_of_a_batch(tmp_path: Path) -> None:
    with arena(tmp_path, files=heatmaps()) as place:
        others = [place.another_team(f"Team{number}") for number in range(N_OTHERS)]
        place.service.forbid_restart(WORKER)
        place.kill(WORKER)
        public_ids = [place.hand_in() for _ in range(N_OF_THE_CROWD)]
        public_ids += [place.hand_in(team) for team in others]

        place.service.allow_restart(WORKER)

        assert place.seconds_until_scored(public_ids, 900) is not None
        order = scored_order(place)
        third = [at for at, team_id in enumerate(order) if team_id == place.team_id][2]
        assert {team_id for _, team_id in others} <= set(order[:third])
        place.require_scored_once(public_ids)
