"""Checks that bodies too large, without a length or cut off never become a submission."""

import io
import json
from dataclasses import replace

from werkzeug.test import TestResponse

from tests.webapp.people import GOOD_SLIDES, World
from webapp.http.bodies import BYTES_A_MIB, max_file_bytes
from webapp.services.phases import challenges

PATH = "/api/v1/submissions"


def code_of(response: TestResponse) -> str:
    assert response.json is not None
    code: str = response.json["errors"][0]["code"]
    return code


def test_the_kind_of_a_phase_and_its_heatmaps_decide_how_large_a_file_is(world: World) -> None:
    with world.runtime.reading() as database:
        lesions = challenges.phase(database, "lesions")
        slides = challenges.phase(database, "slides")
        staging = challenges.phase(database, "staging")
    only_detections = replace(lesions, parameters={**lesions.parameters, "allows_heatmaps": False})

    limits_mib = [
        max_file_bytes(world.runtime.settings, phase) // BYTES_A_MIB
        for phase in (lesions, only_detections, slides, staging)
    ]

    assert limits_mib == [4096, 200, 1, 1]


def test_a_connection_that_breaks_off_never_becomes_a_submission(world: World) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="phase"\r\n\r\nslides\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    for body in (head + file + GOOD_SLIDES[:20], head + file + GOOD_SLIDES + b"\r\n--x--\r\n"):
        response = world.app.test_client().post(
            PATH,
            headers=world.bearer("alice"),
            input_stream=io.BytesIO(body),
            content_type="multipart/form-data; boundary=x",
            # as gunicorn does; a client that goes away then looks like a normal end
            environ_overrides={"CONTENT_LENGTH": str(len(body) + 9), "wsgi.input_terminated": True},
        )
        assert response.status_code == 400

    listed = world.app.test_client().get(PATH, headers=world.bearer("alice")).json
    assert listed == {"items": [], "next_cursor": None}


def test_a_body_without_a_length_is_refused(world: World) -> None:
    response = world.app.test_client().post(
        PATH,
        headers={**world.bearer("alice"), "Transfer-Encoding": "chunked"},
        content_type="multipart/form-data; boundary=x",
    )

    assert response.status_code == 411
    assert code_of(response) == "length_required"


def test_a_table_above_its_limit_and_a_body_above_all_limits_are_too_large(world: World) -> None:
    table = world.app.test_client().post(
        PATH,
        headers=world.bearer("alice"),
        data=b'--x\r\nContent-Disposition: form-data; name="phase"\r\n\r\nslides\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        + b"x" * (1024 * 1024 + 1)
        + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    body = world.app.test_client().post(
        PATH,
        headers=world.bearer("alice"),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(4097 * 1024 * 1024)},
    )

    assert (table.status_code, code_of(table)) == (413, "file_too_large")
    assert body.status_code == 413


def post_json(world: World, body: bytes) -> TestResponse:
    headers = {**world.bearer("alice"), "Content-Type": "application/json"}
    return world.app.test_client().post(PATH, headers=headers, data=body)


def test_a_json_body_is_bounded_by_what_a_method_card_needs(world: World) -> None:
    card = {
        "method": "\U0001f52c" * 120,
        "description": "\U0001f52c" * 5000,
        "link": "https://" + "a" * 490,
    }
    longest = json.dumps({"phase": "slides", "upload": "upl_1", **card}).encode()
    too_long = b'{"phase": "' + b"x" * (72 * 1024) + b'"}'

    assert code_of(post_json(world, longest)) == "not_found"  # read whole, and there is no upload
    assert post_json(world, too_long).status_code == 413


def test_an_answer_does_not_name_thousands_of_faults(world: World) -> None:
    unknown = b"{" + b",".join(b'"%x":1' % number for number in range(7000)) + b"}"

    answer = post_json(world, unknown)

    assert answer.status_code == 422
    assert answer.json is not None
    assert len(answer.json["errors"]) == 50
