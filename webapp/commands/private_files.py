"""Finds for `camelyon doctor` what other users of the machine can read of the service's files."""

from pathlib import Path

from webapp.privacy import exposed_paths
from webapp.processes.home import Home


def private_files(root: Path | None, blob_dir: Path) -> tuple[bool, str]:
    """Tell whether a home and the stored files are their owner's alone, and what is not.

    Secrets and truth that lie elsewhere belong to whoever mounts them.
    """
    home = None if root is None else Home(root.resolve())
    exposed = [] if home is None else home.exposed_paths()
    if home is None or not blob_dir.resolve().is_relative_to(home.root):
        exposed += exposed_paths(blob_dir.resolve())
    if not exposed:
        return True, "files are their owner's alone"
    words = f"other users can get at {len(exposed)} files and folders, such as {exposed[0]}"
    return False, f"{words}: run `chmod go= {exposed[0]}` as its owner"
