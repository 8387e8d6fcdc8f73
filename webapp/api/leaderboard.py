"""Serves GET /phases/{slug}/leaderboard."""

from apiflask import APIBlueprint
from flask.typing import ResponseReturnValue

from webapp.api.answers import answer
from webapp.api.bearers import caller, unauthorised
from webapp.api.queries import PageQuery, page_of
from webapp.api.schemas import BoardOut
from webapp.http.identity import runtime
from webapp.services.boards import leaderboard
from webapp.services.boards.leaderboard import Standings
from webapp.services.phases import challenges

bp = APIBlueprint("api_leaderboard", __name__, tag="Leaderboard")


@bp.get("/phases/<slug>/leaderboard")
@bp.input(PageQuery, location="query")
@bp.output(BoardOut)
def show(slug: str, query_data: PageQuery) -> ResponseReturnValue:
    """Get who stands where; a public board needs no token. Unranked rows follow, rank null."""
    with runtime().reading() as database:
        phase = challenges.phase(database, slug)
        if caller().user is None and not phase.is_board_public:
            raise unauthorised("This leaderboard is not public; an API token is needed.")
        standings = leaderboard.standings(database, phase_slug=slug, viewer=caller().viewer)
    return answer(_board(standings, query_data))


def _board(standings: Standings, query: PageQuery) -> BoardOut:
    page = page_of(standings.rows, query)
    return BoardOut.model_validate(
        {
            "phase": standings.phase.slug,
            "scoring": standings.phase.scoring,
            "truth_version": standings.phase.truth_version,
            "truth_is_public": standings.truth_is_public,
            "decimals": standings.decimals,
            "rule": standings.rule,
            "items": page.items,
            "next_cursor": page.next_cursor,
        },
        from_attributes=True,
    )
