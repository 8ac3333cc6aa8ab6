"""What m3-curate expand asks about: queries or documents, read whole into memory, each with its language.

From JSON lines (plain or .gz .bz2 .xz .zst) in BEIR's layout or ours, or from a curated data set; a row that cannot be
used is set aside with file:line.
"""

import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import regex

from curation.command_config import ExpandConfig
from curation.engine import progress
from curation.language import detect_language, normalise_code
from curation.read import Source, Unreadable, read_raw
from data.dataset import dataset_folder, load_curated
from data.errors import InputError
from data.text import clean_text, document_text, estimate_tokens

_IDS = {"query": ("_id", "qid", "query_id", "id"), "document": ("_id", "docid", "doc_id", "id")}
_TEXTS = {"query": ("text", "query"), "document": ("text",)}
_ENDINGS = ("", ".gz", ".bz2", ".xz", ".zst")
_MOST_CHARACTERS_PER_TOKEN = 8  # of any script, with much to spare: bounds what is measured of an endless text
# Where a text may be cut: behind a sentence, a line or, in Thai, which has no full stop, a space.
_CUT = regex.compile(
    r"[.!?؟।…]['\")\]»”]*(?=\s)|[。！？][」』”’]*|\n(?=\s*\S)|(?<=\p{Thai})\s+(?=\p{Thai})"
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A query or document as an LLM is shown it; `truncated`: only its beginning."""

    id: str
    text: str
    lang: str
    title: str | None = None
    truncated: bool = False


@dataclass
class Subjects:
    """All that is asked about, in the order of the input, and the input rows that cannot be used."""

    kind: Literal["query", "document"]
    source: Path
    rows: list[Subject] = field(default_factory=list)
    set_aside: list[Unreadable] = field(default_factory=list)

    def told(self) -> str:
        """Return in one line what was read, and what was not, with the first place of each reason."""
        named = {"query": "queries", "document": "documents"}[self.kind]
        languages = Counter(subject.lang for subject in self.rows).most_common()
        line = f"{named}: {len(self.rows):,} of {self.source}"
        line += f" ({' '.join(f'{lang} {count:,}' for lang, count in languages[:12])})" if languages else ""
        cut = sum(subject.truncated for subject in self.rows)
        line += f"; of {cut:,} only the beginning is shown (--max-document-tokens)" if cut else ""
        return line + (f"; {len(self.set_aside):,} rows set aside: {self._reasons()}" if self.set_aside else "")

    def _reasons(self) -> str:
        first = {row.reason: row for row in reversed(self.set_aside)}
        counts = Counter(row.reason for row in self.set_aside)
        return "; ".join(
            f"{reason} {count:,} (first {first[reason].place}: {first[reason].detail})"
            for reason, count in counts.most_common()
        )


def read_subjects(config: ExpandConfig) -> Subjects:
    """Return the queries of `config.queries` or the documents of `config.corpus`.

    Raises `InputError` when there is no such file, or nothing usable in it.
    """
    lang = None
    if config.language is not None:
        lang = normalise_code(config.language)
        if lang is None:
            raise InputError(f"unknown language {config.language}: --language takes an ISO code such as en, ko, zh.")
    subjects = Subjects("query", config.queries) if config.queries else Subjects("document", config.corpus or Path())
    seen: set[str] = set()
    for place, value in progress(_values(subjects), "reading", subjects.kind):
        subject = value if isinstance(value, Unreadable) else _make_subject(place, value, subjects.kind, config, lang)
        if isinstance(subject, Unreadable):
            subjects.set_aside.append(subject)
        elif subject.id in seen:
            detail = f"the id {subject.id!r} stands there a second time"
            subjects.set_aside.append(Unreadable(place, "duplicate_id", detail))
        else:
            seen.add(subject.id)
            subjects.rows.append(subject)
    if not subjects.rows:
        raise InputError(f"nothing to expand; {subjects.told()}.")
    return subjects


def _values(subjects: Subjects) -> Iterator[tuple[str, Any]]:
    """Give (place, row or `Unreadable`) of what the input holds."""
    path = subjects.source.expanduser()
    if path.is_dir():
        name = "corpus.jsonl" if subjects.kind == "document" else "queries.jsonl"
        found = [path / f"{name}{ending}" for ending in _ENDINGS if (path / f"{name}{ending}").is_file()]
        if not found:
            if subjects.kind == "query":
                raise InputError(f"{path} is a folder without {name}; name the file of the queries.")
            yield from _curated(path)
            return
        path = found[0]
    elif not path.is_file():
        raise InputError(f"there is no file {path} (--{'queries' if subjects.kind == 'query' else 'corpus'}).")
    yield from read_raw(Source(str(path), "jsonl", path, {}))


def _curated(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the documents of a curated data set, language by language."""
    if not (dataset_folder(path) / "manifest.json").exists():
        raise InputError(f"{path} holds neither a curated data set (m3-curate run) nor corpus.jsonl; name a file.")
    dataset = load_curated(path)
    for lang in dataset.languages:
        for number, row in enumerate(dataset.corpus(lang, ["docid", "title", "text", "lang"]).to_pylist(), start=1):
            yield f"{dataset.path}/corpus-{lang}:{number}", row


def _make_subject(
    place: str, value: dict[str, Any], kind: Literal["query", "document"], config: ExpandConfig, lang: str | None
) -> Subject | Unreadable:
    names = ", ".join(value)[:200] or "no column"
    found = next((value[name] for name in _IDS[kind] if value.get(name) not in (None, "")), None)
    if isinstance(found, (bool, dict, list)) or found is None:
        return Unreadable(place, "no_id", f"none of {', '.join(_IDS[kind])} holds an id; the row has {names}")
    text = next((value[name] for name in _TEXTS[kind] if value.get(name) not in (None, "")), None)
    if not isinstance(text, str) or not text.strip():
        return Unreadable(place, "no_text", f"{' and '.join(_TEXTS[kind])}: no text there; the row has {names}")
    text = clean_text(text).strip()
    given = value.get("lang")
    known = normalise_code(given) if isinstance(given, str) else None
    known = known or lang or detect_language(text)
    if kind == "query":
        return Subject(clean_text(str(found)), text, known)
    title = clean_text(value["title"]).strip() if isinstance(value.get("title"), str) else ""
    shown, truncated = cut_text(text, config.max_document_tokens)
    # A text that begins with its title does not get it a second time.
    return Subject(
        clean_text(str(found)), shown, known, title if document_text(title, text) != text else None, truncated
    )


def cut_text(text: str, max_tokens: int) -> tuple[str, bool]:
    """Return the beginning of `text` up to about `max_tokens` estimated tokens, and whether that is less than all.

    It ends where the last whole sentence or line ends, or at a space where that would be less than half of it.
    """
    head = text[: max_tokens * _MOST_CHARACTERS_PER_TOKEN]
    if len(head) == len(text) and estimate_tokens(text) <= max_tokens:
        return text, False
    fits = bisect.bisect_right(range(len(head) + 1), max_tokens, key=lambda size: estimate_tokens(head[:size])) - 1
    ends = [match.end() for match in _CUT.finditer(text, 0, fits + 1) if match.end() <= fits]
    space = head.rfind(" ", 0, fits)
    if ends and ends[-1] * 2 > fits:
        return head[: ends[-1]].rstrip(), True
    return head[: space if space * 2 > fits else max(1, fits)].rstrip(), True
