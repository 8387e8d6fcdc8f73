"""What the rooms promise: doors, sizes, and tests that mirror them."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("ground_truth", "evaluator", "webapp")
WIDE_ROOMS = {"metrics", "plots", "models"}
"""One metric, one plot, one family of tables a file: found by name however many there are."""


def _modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()
ROOMS = sorted(name for name, path in MODULES.items() if path.name == "__init__.py")
INNER_ROOMS = [room for room in ROOMS if room not in PACKAGES]


def _room_of(module: str) -> str:
    return module if module in ROOMS else module.rpartition(".")[0]


def _names_at(door: str) -> set[str]:
    """Return what other rooms may use: objects, and whole modules where a verb needs its noun."""
    path = MODULES[door]
    stub = path.with_suffix(".pyi")
    if stub.exists():
        return {name for _, name in _imported(stub)}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {name for node in tree.body for name in _defined(node)}


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        yield node.targets[0].id
        if node.targets[0].id == "__all__":
            yield from ast.literal_eval(node.value)


def _imported(path: Path) -> Iterator[tuple[str, str]]:
    """Yield module and name of every ``from … import …`` of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def _is_let_in(module: str, name: str) -> bool:
    """Tell whether a door names what is imported, or the whole module that it is imported from."""
    if f"{module}.{name}" in MODULES:
        module, name = f"{module}.{name}", ""
    door = _room_of(module)
    if module == door:
        return name in {"", *_names_at(door)}
    return module.rpartition(".")[2] in _names_at(door)


def _is_family(module: str, own: str) -> bool:
    """Tell whether a module is of this room, of a room inside it, or of the room around it."""
    return own not in PACKAGES and (
        f"{module}.".startswith(f"{own}.") or f"{own}.".startswith(f"{_room_of(module)}.")
    )


@pytest.mark.parametrize("module", MODULES)
def test_other_rooms_are_entered_by_what_their_doors_name(module: str) -> None:
    own = _room_of(module)

    around_the_door = {
        f"{target}.{name}"
        for target, name in _imported(MODULES[module])
        if target.partition(".")[0] in PACKAGES
        and not _is_family(target, own)
        and _room_of(target) not in PACKAGES
        and not _is_let_in(target, name)
    }

    assert around_the_door == set()


@pytest.mark.parametrize("room", INNER_ROOMS)
def test_a_room_never_goes_through_its_own_door(room: str) -> None:
    inside = [name for name in MODULES if _room_of(name) == room and name != room]

    circles = {
        name
        for name in inside
        for target, imported in _imported(MODULES[name])
        if target == room and f"{target}.{imported}" not in MODULES
    }

    assert circles == set()


@pytest.mark.parametrize("room", INNER_ROOMS)
def test_every_name_at_a_door_exists(room: str) -> None:
    missing = set()
    for name in _names_at(room) - {"__all__"}:
        if f"{room}.{name}" not in MODULES and not hasattr(import_module(room), name):
            missing.add(name)

    assert missing == set()


@pytest.mark.parametrize("room", INNER_ROOMS)
def test_no_name_at_a_door_is_also_a_module_behind_it(room: str) -> None:
    """Importing the module would put it in the place of the object."""
    stub = MODULES[room].with_suffix(".pyi")
    names = {name for _, name in _imported(stub)} if stub.exists() else set()

    assert {name for name in names if f"{room}.{name}" in MODULES} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_found_through_at_a_glance(room: str) -> None:
    inside = [name for name in MODULES if _room_of(name) == room and name != room]
    limit = 10 if room in PACKAGES else 14

    assert len(inside) <= limit or room.rpartition(".")[2] in WIDE_ROOMS


@pytest.mark.parametrize(
    "folder",
    [
        path
        for package in PACKAGES
        for path in (ROOT / "tests" / package).rglob("*")
        if path.is_dir() and any(path.glob("test_*.py"))
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_tests_mirror_the_rooms(folder: Path) -> None:
    assert ".".join(folder.relative_to(ROOT / "tests").parts) in ROOMS


@pytest.mark.parametrize("room", [room for room in INNER_ROOMS if room != "webapp.services"])
def test_the_map_names_every_room(room: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    name = "/".join(room.split(".")[1:])

    assert f"`{name}/`" in page or f"`{room.rpartition('.')[2]}/`" in page
