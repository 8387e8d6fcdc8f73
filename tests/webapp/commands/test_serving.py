import os
import stat
import subprocess
import sys
from pathlib import Path


def test_the_web_server_closes_an_open_folder_of_stored_files_before_it_starts(
    tmp_path: Path,
) -> None:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    blobs.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "CAMELYON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "CAMELYON_DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite3'}",
        "CAMELYON_REDIS_URL": "redis://127.0.0.1:1/0",
        "CAMELYON_BLOB_DIR": str(blobs),
    }

    refused = subprocess.run(
        [sys.executable, "-m", "webapp.cli", "web", "--bind", "127.0.0.1:no-port"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert "'no-port' is not a valid port number" in refused.stderr
    assert stat.S_IMODE(blobs.stat().st_mode) == 0o700
