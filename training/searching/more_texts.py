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

        Ids may be used anew in each language: texts in another language than `lang` are left out, unless no language is
        known.
        """
        found: dict[str, list[str]] = {}
        for name in ids:
            rows = self.texts.get(name, ())
            fitting = [text for given, text in rows if given in (None, "und", lang) or lang == "unknown"]
            if fitting:
                found[name] = fitting
        return found


def read_more_texts(path: Path) -> MoreTexts:
    """Read a file of `m3-curate expand`; raises `InputError`, with file and line, for what is none."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; m3-curate expand writes one")
    texts: dict[str, list[tuple[str | None, str]]] = {}
    for place, row in objects_of(read_lines(path)):
        lang = row.get("lang")
        name, text = id_of(row, ("id",), place), text_of(row, "text", place)
        if not text.strip():
            raise InputError(f"{place}: the text of {name!r:.60} is empty; remove this line")
        texts.setdefault(name, []).append((str(lang) if lang else None, text))
    return MoreTexts(path, texts)
