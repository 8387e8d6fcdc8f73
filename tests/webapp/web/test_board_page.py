"""Checks that a board's page says what its scores were measured by and on."""

import io
import zipfile

import pytest
from sqlalchemy import update

from tests.webapp.people import World
from webapp.database.models import Phase, Release, TruthAccess

MEASURED = "Measured on 4 slides with 2 lesions"


def lesions_zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for number in range(1, 5):
            archive.writestr(f"slide_{number}.csv", "confidence,x,y\n0.9,100,100\n")
    return body.getvalue()


def board(world: World, slug: str, person: str | None = None) -> str:
    return world.browser(person).get(f"/phases/{slug}/leaderboard").get_data(as_text=True)


def hide_truth(world: World, slug: str) -> None:
    with world.runtime.session() as session:
        session.execute(
            update(Phase)
            .where(Phase.slug == slug)
            .values(
                truth_access=TruthAccess.HIDDEN,
                release=Release.AGGREGATE,
                after_close=Release.AGGREGATE,
            )
        )
        session.commit()


def test_a_public_truth_tells_its_lesions_beside_slides_protocol_and_version(world: World) -> None:
    world.submit("alice", lesions_zip(), phase="lesions")
    world.do_all_work()

    page = board(world, "lesions")

    assert MEASURED in page
    assert "protocol <code>camelyon16</code>" in page
    assert "truth version <code>0123456789ab</code>" in page


def test_a_hidden_truth_does_not_tell_how_many_lesions_it_has(world: World) -> None:
    world.submit("alice", lesions_zip(), phase="lesions")
    world.do_all_work()
    hide_truth(world, "lesions")

    pages = [board(world, "lesions", person) for person in (None, "alice")]
    pages += [world.browser().get("/phases/lesions").get_data(as_text=True)]

    assert all("4 slides" in page and "2 lesions" not in page for page in pages)


def test_a_rank_can_be_cited_with_its_submission(world: World) -> None:
    submission = world.submit("alice", method="Sharp eyes")
    world.do_all_work()

    page = board(world, "slides")

    cited = " ".join(page[page.index("<blockquote>") : page.index("</blockquote>")].split())
    assert "Alpha, Sharp eyes. AUC 1.0000" in cited
    assert "rank 1 of 1" in cited
    assert f"Submission {submission}, read on" in cited
    assert f'<tr id="{submission}"' in page


@pytest.mark.parametrize(("slug", "has_plots"), [("slides", True), ("hidden", False)])
def test_plots_are_shown_where_the_result_is(world: World, slug: str, *, has_plots: bool) -> None:
    submission = world.submit("alice", phase=slug)
    world.do_all_work()

    page = world.browser("alice").get(f"/submissions/{submission}").get_data(as_text=True)

    assert ("ROC curve" in page) is has_plots
    assert ("<svg" in page) is has_plots
