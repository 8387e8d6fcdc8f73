"""Checks that requests which no honest client sends get 4xx, never 5xx."""

import io

import pytest
from werkzeug.test import TestResponse

from tests.webapp.people import GOOD_SLIDES, World, post

PATH = "/api/v1/submissions"


def send_json(world: World, body: bytes) -> TestResponse:
    return world.app.test_client().post(
        PATH, headers=world.bearer("alice"), data=body, content_type="application/json"
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/phases/%00", 404),
        ("/phases/slides%00/cases", 404),
        ("/submissions/sub_%00/events", 404),
        ("/submissions/%ff", 404),
        ("/submissions/%ed%a0%80", 404),
        ("/submissions/..%2f..%2fetc%2fpasswd", 404),
        ("/submissions?phase=%00", 400),
        ("/me/quota?phase=%00", 400),
        ("/submissions/sub_x/events?after=9223372036854775807", 400),
        ("/submissions/sub_x/events?after=99999999999999999999", 400),
        ("/phases?cursor=%D9%A3", 400),
    ],
)
def test_an_address_that_names_nothing_is_no_fault_of_ours(
    unchanged_world: World, path: str, status: int
) -> None:
    response = unchanged_world.app.test_client().get(
        f"/api/v1{path}", headers=unchanged_world.bearer("alice")
    )

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        (b"", "bad_json", 1),
        (b'{"phase":\n"slides"', "bad_json", 2),
        (b"[" * 70_000, "bad_json", 1),
        (b'{"phase": "slides", "phase": "hidden", "upload": "upl_x"}', "bad_json", 1),
        (b'{"phase": NaN}', "bad_json", 1),
        (b"9" * 10_000, "bad_json", 1),
        (b'{}\n"\xff"', "not_utf8", 2),
    ],
)
def test_what_is_no_json_is_400_with_its_line(
    world: World, body: bytes, code: str, line: int
) -> None:
    response = send_json(world, body)

    assert response.status_code == 400
    assert response.json is not None
    assert response.json["errors"][0]["code"] == code
    assert response.json["errors"][0]["line"] == line


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"[]", [""]),
        (b"null", [""]),
        (b"{}", ["/phase", "/upload"]),
        (b'{"phase": 1, "upload": null, "colour": "red"}', ["/phase", "/upload", "/colour"]),
        (b'{"phase": "slides", "upload": "upl_\\u0000"}', ["/upload"]),
        (b'{"phase": "\\ud800", "upload": "\\ud800"}', ["/phase", "/upload"]),
        (b'{"phase": "slides", "upload": "upl_x", "method": "\\ud800"}', ["/method"]),
    ],
)
def test_json_that_does_not_fit_is_422_with_every_fault(
    unchanged_world: World, body: bytes, pointers: list[str]
) -> None:
    response = send_json(unchanged_world, body)

    assert response.status_code == 422
    assert response.json is not None
    assert [error["pointer"] for error in response.json["errors"]] == pointers
    assert "SubmissionForm" not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"{}"),
        ("multipart/form-data; boundary=x", b"hello"),
        ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="phase"\r\n\r\nslides\0\r\n--x--\r\n',
        ),
    ],
)
def test_a_form_that_is_none_is_400(world: World, content_type: str, body: bytes) -> None:
    response = world.app.test_client().post(
        PATH, headers=world.bearer("alice"), data=body, content_type=content_type
    )

    assert response.status_code == 400
    assert response.json is not None
    assert response.json["errors"][0]["code"] == "bad_request"


@pytest.mark.parametrize("twice", ["phase", "file"])
def test_a_field_that_is_there_twice_is_refused_not_chosen_from(world: World, twice: str) -> None:
    file = (io.BytesIO(GOOD_SLIDES), "slides.csv")
    fields: dict[str, object] = {"phase": "slides", "file": file}
    another: dict[str, object] = {"phase": "hidden", "file": (io.BytesIO(b"x"), "other.csv")}
    fields[twice] = [fields[twice], another[twice]]

    response = world.app.test_client().post(PATH, headers=world.bearer("alice"), data=fields)

    assert response.status_code == 422
    assert response.json is not None
    assert response.json["errors"][0]["pointer"] == f"/{twice}"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("gpj\u202evsc.csv", "gpj_vsc.csv"),
        ("a" * 200 + ".csv", "a" * 116 + ".csv"),
        ("Ergebnisse für Öl.csv", "Ergebnisse für Öl.csv"),
    ],
)
def test_a_file_name_is_only_ever_displayed(world: World, sent: str, shown: str) -> None:
    accepted = world.app.test_client().post(
        PATH,
        headers=world.bearer("alice"),
        data={"phase": "slides", "file": (io.BytesIO(GOOD_SLIDES), sent)},
    )

    body = world.app.test_client().get(accepted.headers["Location"], headers=world.bearer("alice"))

    assert body.json is not None
    assert body.json["filename"] == shown


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/team/join", {"join_code": "join_\0"}),
        ("/team", {"name": "Del\0ta"}),
        ("/sign-in", {"email": "alice\0@example.org", "password": "x"}),
        ("/register", {"email": "x@example.org", "name": "X\0", "password": "eleven quiet llamas"}),
    ],
)
def test_a_page_refuses_nul_in_a_form(
    unchanged_world: World, path: str, form: dict[str, str]
) -> None:
    assert post(unchanged_world.browser("dora"), path, form).status_code == 400


@pytest.mark.parametrize(
    "path", ["/phases/%00", "/submissions/%00", "/uploads/%00", "/phases/%00/leaderboard.csv"]
)
def test_a_page_whose_address_holds_nul_does_not_exist(unchanged_world: World, path: str) -> None:
    assert unchanged_world.browser("alice").get(path).status_code == 404


def test_a_number_beyond_every_id_names_nothing(unchanged_world: World) -> None:
    assert post(unchanged_world.browser("alice"), f"/tokens/{2**31}/revoke", {}).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9", '"><script>', "a b", ""])
def test_no_answer_is_built_from_the_host_that_a_client_names(world: World, host: str) -> None:
    response = world.browser("alice").get("/team", headers={"Host": host})
    problem = world.browser().get("/api/v1/me", headers={"Host": host})

    for answer in (response, problem):
        assert "evil" not in answer.get_data(as_text=True)
        assert "<script>" not in answer.get_data(as_text=True).replace("<script src", "")
        assert "evil" not in answer.headers.get("Location", "")
        assert answer.status_code < 500
