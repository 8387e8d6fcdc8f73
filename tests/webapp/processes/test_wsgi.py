import stat
import subprocess
import sys
from pathlib import Path

SLOW = ("sklearn", "scipy", "pandas", "tifffile", "imagecodecs", "openslide")
"""Libraries that only scoring needs, and that take half a second or more to import."""


def test_the_web_process_loads_no_library_of_scoring() -> None:
    program = (
        "import sys, webapp.processes.wsgi; "
        f"print('loaded', [name for name in {SLOW!r} if name in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert found.stdout == "loaded []\n"


def test_what_the_web_process_stores_is_its_users_alone_however_it_is_started(
    tmp_path: Path,
) -> None:
    program = (
        "import os; os.umask(0o022); from webapp.processes.wsgi import make_app;"
        " make_app().extensions['camelyon'].storage.put([b'x'], max_bytes=9, expected_bytes=1)"
    )
    environment = {
        "CAMELYON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "CAMELYON_DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite3'}",
        "CAMELYON_REDIS_URL": "redis://127.0.0.1:1/0",
        "CAMELYON_BLOB_DIR": str(tmp_path / "blobs"),
    }

    subprocess.run([sys.executable, "-c", program], env=environment, check=True)

    stored = [tmp_path / "blobs", *(tmp_path / "blobs").rglob("*")]
    assert len(stored) == 5  # partial, the lock, a folder, the file
    assert [path for path in stored if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
