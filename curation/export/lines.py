"""Files written row by row: JSON lines, one JSON object, tab-separated values."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_lines(file: Path, rows: Iterable[Any]) -> int:
    """Write each row as a line of JSON, and return how many there were."""
    file.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def write_object(file: Path, items: Iterable[tuple[str, Any]]) -> int:
    """Write (name, value) pairs as one JSON object, a line each, and return how many there were."""
    file.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as lines:
        for name, value in items:
            lines.write(",\n" if count else "{\n")
            lines.write(f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}")
            count += 1
        lines.write("\n}\n" if count else "{}\n")
    return count


def write_cells(file: Path, rows: Iterable[tuple[Any, ...]]) -> int:
    """Write rows of cells, tab-separated and quoted where csv readers need it, and return how many there were."""
    file.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
