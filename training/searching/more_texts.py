"""Further texts of questions or documents, as `m3-curate expand` writes them: JSON lines with `id` and `text`.

more = read_more_texts(Path("hyde.jsonl"))
more.of(collection.lang, collection.query_ids)      # id -> texts
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from training.collections.lines import id_of, objects_of, read_lines, text_of


@dataclass(frozen=True)
class MoreTexts:
    """The further texts in a file, in its order."""

    path: Path
    texts: dict[str, list[tuple[str | None, str]]]  # id -> (language or None, text)

    def of(self, lang: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the texts of those of `ids` that have any.

        Ids may be used anew in each language: where the file has texts of several languages for one id, those in `lang`
        are its texts.
        """
        found: dict[str, list[str]] = {}
        for name in ids:
            rows = self.texts.get(name, ())
            if len({given for given, _ in rows}) > 1:
                rows = [row for row in rows if row[0] == lang]
            if rows:
                found[name] = [text for _, text in rows]
        return found


def read_more_texts(path: Path) -> MoreTexts:
    """Read a file of `m3-curate expand`; raises `InputError`, with file and line, for what is none."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; m3-curate expand writes one")
    texts: dict[str, list[tuple[str | None, str]]] = {}
    for place, row in objects_of(read_lines(path)):
        lang = row.get("lang")
        texts.setdefault(id_of(row, ("id",), place), []).append(
            (str(lang) if lang else None, text_of(row, "text", place))
        )
    return MoreTexts(path, texts)
