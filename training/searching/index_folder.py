"""What a search prepares on disk: a subfolder for each encoded corpus and BM25 index, named after what is in it."""

import contextlib
import re
import shutil
from pathlib import Path

_OURS = re.compile(r"(bm25-)?[0-9a-f]{16}|\.(bm25-)?[0-9a-f]{16}\..+\.tmp")


def remove_index(folder: Path) -> None:
    """Remove what searches prepared in `folder`, and the folder where nothing else is in it."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if _OURS.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):  # absent, or somebody else's files are in it
        folder.rmdir()
