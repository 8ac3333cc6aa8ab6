"""A data set with planted false negatives for `mining.py` and `mining_peer.py`: the same one for the same numbers.

planted = Planted(bench, ["en", "th"], articles=60, questions=600, with_kin=False)
planted.write(folder / "dataset"); planted.false_for[query_id]      # documents that must not become its negatives
"""

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.dataset import write_curated
from data.records import DOCUMENT, PAIR, conform

RATES = (0.05, 0.1, 0.2, 0.3, 0.4)
BLOCK_RATES = (0.2, 0.4)
UNSPACED = ("th", "zh", "ja")
Row = dict[str, Any]


def read_lines(file: Path) -> Iterator[Row]:
    """Yield the rows of a .jsonl.gz file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def words(text: str, lang: str) -> list[str]:
    """Return the text in pieces that join to it; every second one, from the first, is a word or a few characters."""
    return re.findall(r"[^\W_]{1,3}|[\W_]+" if lang in UNSPACED else r"\w+|\W+", text)


def change_words(text: str, rate: float, lang: str, chance: random.Random) -> str:
    """Return the text with a share of its words replaced by others of it."""
    pieces = words(text, lang)
    pool = [piece for piece in pieces if piece[0].isalnum()]
    return "".join(chance.choice(pool) if piece[0].isalnum() and chance.random() < rate else piece for piece in pieces)


def paragraphs(text: str) -> list[str]:
    """Return the lines of a text that are not blank."""
    return [line for line in text.split("\n") if line.strip()]


def replace_blocks(text: str, other: str, rate: float, kept: set[str], chance: random.Random) -> str:
    """Return the text with a share of its paragraphs, none that holds a passage of `kept`, replaced by another's."""
    lines, pool = paragraphs(text), paragraphs(other)
    free = [place for place, line in enumerate(lines) if not any(passage in line for passage in kept)]
    for place in chance.sample(free, min(len(free), int(rate * len(lines)))):
        lines[place] = chance.choice(pool)
    return "\n".join(lines)


def shuffle_sentences(text: str, chance: random.Random) -> str:
    """Return the text with its sentences in another order."""
    sentences = re.split(r"(?<=[.!?。！？।\n])\s*", text)
    chance.shuffle(sentences)
    return " ".join(sentences)


class Planted:
    """A data set with planted false negatives, and which document is one for which question."""

    def __init__(self, bench: Path, languages: list[str], articles: int, questions: int, with_kin: bool) -> None:
        self.chance = random.Random(11)
        self.documents: list[Row] = []
        self.pairs: list[Row] = []
        self.kinds: dict[str, str] = {}  # docid -> kind of plant
        self.false_for: dict[str, set[str]] = defaultdict(set)  # query id -> planted documents
        self.with_kin = with_kin
        corpora = {lang: list(read_lines(bench / lang / "corpus.jsonl.gz")) for lang in languages}
        for lang in languages:
            self._add_language(bench / lang, lang, corpora, articles, questions)

    def _add_language(
        self, folder: Path, lang: str, corpora: dict[str, list[Row]], articles: int, questions: int
    ) -> None:
        texts = {row["docid"]: row["text"] for row in corpora[lang]}
        for row in corpora[lang]:
            self._document(row["docid"], row["title"], row["text"], lang, row["docid"], self._group(row["docid"]))
        passages = self._ask(folder, lang, texts, questions)
        asked = sorted({pair["positive_ids"][0] for pair in self.pairs if pair["lang"] == lang})
        for docid in self.chance.sample(asked, min(articles, len(asked))):
            self._plant_copies(docid, texts, lang, passages[docid])
            self._plant_passage(docid, texts, lang)
        self._plant_translations(lang, corpora, asked)

    def _group(self, docid: str) -> str | None:
        return f"xquad-{docid.rsplit('-', 1)[1]}" if "-xquad-" in docid else None

    def _document(self, docid: str, title: str, text: str, lang: str, cluster: str, group: str | None) -> None:
        kin = {"cluster": cluster, "group": group} if self.with_kin else {}
        self.documents.append(
            {"docid": docid, "title": title, "text": text, "lang": lang, "split": "train", "tokens": len(text) // 4}
            | kin
        )

    def _ask(self, folder: Path, lang: str, texts: dict[str, str], questions: int) -> dict[str, set[str]]:
        """Add the questions; those of the bank know their passage. Return the passages asked about, by article."""
        known = {query: row for row in read_lines(folder / "bank.jsonl.gz") for query in row["questions"]}
        asked = {row["qid"]: row["text"] for row in read_lines(folder / "queries.jsonl.gz")}
        judged = [line.split("\t") for line in (folder / "qrels.tsv").read_text().splitlines()]
        judged = [row for row in judged if row[0] in asked and row[1] in texts and int(row[2]) > 0]
        passages: dict[str, set[str]] = defaultdict(set)
        for query_id, docid, _ in self.chance.sample(judged, min(questions, len(judged))):
            place, passage = -1, ""
            if asked[query_id] in known and known[asked[query_id]]["docid"] == docid:
                passage = known[asked[query_id]]["paragraph"]
                place = texts[docid].find(passage)
                passages[docid].add(passage)
            self.pairs.append(
                {
                    "query_id": query_id,
                    "query": asked[query_id],
                    "positive_ids": [docid],
                    "negative_ids": [],
                    "lang": lang,
                    "evidence_start": place if place >= 0 else None,
                    "evidence_end": place + len(passage) if place >= 0 else None,
                    "evidence_token_start": 0,
                    "evidence_tokens": 1,
                }
            )
        return passages

    def _plant(self, docid: str, kind: str, text: str, lang: str, cluster: str, group: str | None = None) -> str:
        name = f"plant-{kind}-{docid}"
        self._document(name, "", text, lang, cluster, group)
        self.kinds[name] = kind
        return name

    def _plant_copies(self, docid: str, texts: dict[str, str], lang: str, kept: set[str]) -> None:
        text = texts[docid]
        other = texts[self.chance.choice([name for name in texts if name != docid])]
        copies = {f"words {rate:.0%}": change_words(text, rate, lang, self.chance) for rate in RATES}
        for rate in BLOCK_RATES:
            copies[f"blocks {rate:.0%}"] = replace_blocks(text, other, rate, kept, self.chance)
        copies["shuffled"] = shuffle_sentences(text, self.chance)
        names = {self._plant(docid, kind, copy, lang, docid, self._group(docid)) for kind, copy in copies.items()}
        for pair in self.pairs:
            if pair["positive_ids"] == [docid]:
                self.false_for[pair["query_id"]] |= names

    def _plant_passage(self, docid: str, texts: dict[str, str], lang: str) -> None:
        """Paste the evidence of one question of an article into a copy of another article."""
        own = [p for p in self.pairs if p["positive_ids"] == [docid] and p["evidence_start"] is not None]
        if not own:
            return
        pair = self.chance.choice(own)
        passage = texts[docid][pair["evidence_start"] : pair["evidence_end"]]
        host = self.chance.choice([name for name in texts if name != docid])
        lines = paragraphs(texts[host])
        lines.insert(self.chance.randrange(len(lines) + 1), passage)
        # The host's cluster: as a near-copy of the host it is false for the host's questions too.
        name = self._plant(docid, "passage pasted", "\n".join(lines), lang, host, self._group(host))
        for other in self.pairs:
            held = other["evidence_start"] is not None and other["positive_ids"] == [docid]
            same = held and texts[docid][other["evidence_start"] : other["evidence_end"]] == passage
            if same or other["positive_ids"] == [host]:
                self.false_for[other["query_id"]].add(name)

    def _plant_translations(self, lang: str, corpora: dict[str, list[Row]], asked: list[str]) -> None:
        """Put one translation of each article, where there is one, into this language's corpus as well."""
        for docid in asked:
            group = self._group(docid)
            others = [
                row for name in corpora for row in corpora[name] if name != lang and self._group(row["docid"]) == group
            ]
            if group and others:
                row = self.chance.choice(others)
                name = self._plant(docid, "translation", row["text"], lang, row["docid"], group)
                for pair in self.pairs:
                    if pair["positive_ids"] == [docid]:
                        self.false_for[pair["query_id"]].add(name)

    def write(self, folder: Path) -> None:
        """Write the data set."""
        tables = (self.pairs, PAIR), (self.documents, DOCUMENT)
        write_curated(
            folder, *(conform(pa.Table.from_pylist(rows), schema) for rows, schema in tables), {"made_by": "plants"}
        )
