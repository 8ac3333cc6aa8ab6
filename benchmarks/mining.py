"""Measure `m3-train mine`: planted false negatives, and time and memory on many long documents.

    python benchmarks/mining.py plants --bench DIR --languages en de th zh --out WORK [--articles 60] [--questions 600]
        [--miners bm25] [--clusters without]
    python benchmarks/mining.py long --bench DIR --language en --filler FILES.jsonl.gz --out WORK [--documents 10000]

DIR holds one folder a language with corpus.jsonl.gz (docid, title, text), queries.jsonl.gz (qid, text), qrels.tsv, and
bank.jsonl.gz (docid, paragraph, questions). Ids that end alike in several languages are translations of each other.

`plants` puts false negatives among the articles: copies with 5 to 40 % of the words changed, with blocks replaced, with
sentences shuffled, other articles with the evidence pasted in, and translations, one of which stands in the wrong
language's corpus. It mines with each miner and with all, once with cluster and group columns and once without, and
counts the planted documents that became negatives of their own question, and the other documents that were excluded
as if they were false. A small random model searches; --miners bm25 needs none and takes many languages in minutes.
`long` recombines paragraphs into long documents, asks questions about paragraphs that stand once, and runs m3-train in
a process of its own.

Out: tables on the screen, WORK/plants.json and WORK/long.json.
"""

import argparse
import contextlib
import gzip
import io
import json
import random
import re
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.dataset import load_curated, write_curated
from data.files import write_json
from data.records import DOCUMENT, PAIR, conform
from training.config import InitConfig
from training.init import init
from training.mine import mine
from training.mine_config import MINERS, MineConfig
from training.mine_search import search
from training.questions import read_groups
from training.target import window_limits
from training.window_encoder import load_encoder, weights_digest

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


def make_model(out: Path, corpora: list[Path]) -> str:
    """Return a small random model whose tokenizer knows the corpora."""
    if not out.exists():
        init(InitConfig(out=out, corpus=tuple(corpora), max_length=8192, vocabulary_size=16_000))
    return str(out)


def count_taken(folder: Path, planted: Planted) -> Counter[str]:
    """Return how many negatives of the data set are planted false negatives of their question, by kind."""
    taken: Counter[str] = Counter()
    dataset = load_curated(folder)
    for lang in dataset.languages:
        for row in dataset.pairs(lang, "train").to_pylist():
            for docid in row["negative_ids"]:
                taken["all"] += 1
                if docid in planted.false_for[row["query_id"]]:
                    taken[planted.kinds[docid]] += 1
                    taken["false"] += 1
    return taken


def count_wrongly_excluded(config: MineConfig, planted: Planted, work: Path) -> dict[str, Any]:
    """Return, of the candidates that are neither right nor planted, how many are excluded as if they were, and why."""
    dataset = load_curated(config.dataset)
    encoder = load_encoder(config.model, window_limits(config, config.max_length)) if config.model else None
    mark = weights_digest(encoder.model) if encoder else ""
    seen: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for group in read_groups(dataset, (), ("train",)):
        mined = search(config, work, group, config.miners, encoder, mark)
        for row, excluded in enumerate(mined.exclusions.reasons):
            planted_here = planted.false_for[group.query_ids[row]]
            numbers = {int(n) for one in mined.found.values() for n in one.documents[row] if n >= 0}
            for number in numbers - set(group.positives[row]):
                kind = "planted" if group.docids[number] in planted_here else "other"
                seen[kind] += 1
                seen[f"{kind} {excluded.get(number, 'free')}"] += 1
                if kind == "planted" and number not in excluded:
                    missed[planted.kinds[group.docids[number]]] += 1
    return {"candidates": dict(seen), "planted_not_excluded_by_content": dict(missed)}


def run_plants(options: argparse.Namespace) -> None:
    """Mine data sets with planted false negatives in every way, and say what was taken."""
    corpora = [options.bench / lang / "corpus.jsonl.gz" for lang in options.languages]
    miners = tuple(options.miners)
    model = make_model(options.out / "model", corpora) if miners != ("bm25",) else None
    off = dict.fromkeys(miners, float("inf"))
    ways: dict[str, dict[str, Any]] = {miner: {"miners": (miner,)} for miner in miners if len(miners) > 1} | {
        "mixed": {},
        "mixed, bounds off": {"max_ratio": off},
        "mixed, content rules off": {"evidence_share": 1.1, "copy_share": 1.1},
        "mixed, all off": {"max_ratio": off, "evidence_share": 1.1, "copy_share": 1.1},
    }
    results: dict[str, Any] = {}
    for with_kin in [name == "with" for name in options.clusters]:
        planted = Planted(options.bench, options.languages, options.articles, options.questions, with_kin)
        folder = options.out / f"plants-{'with' if with_kin else 'without'}-clusters"
        planted.write(folder / "dataset")
        of_kind = Counter(planted.kinds.values())
        print(f"\n{folder.name}: {len(planted.documents)} documents, {len(planted.pairs)} questions, {dict(of_kind)}")
        base: dict[str, Any] = {"dataset": folder, "model": model, "max_length": options.max_length}
        base |= {"miners": miners, "overwrite": True}
        for way, settings in ways.items():
            config = MineConfig(**(base | settings))
            started = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()) as said:
                report = mine(config)
            seconds = time.perf_counter() - started
            taken = count_taken(folder, planted)
            print(f"{way:26} {taken['all']:6} negatives, {taken['false']:4} false, {seconds:6.1f} s", dict(taken))
            results[f"{folder.name}, {way}"] = {
                "taken": taken,
                "seconds": seconds,
                "counts": report["counts"],
                "bounds": {m: (b["max_ratio"], b["origin"], b["share_above"]) for m, b in report["bounds"].items()},
            }
            if way == "mixed":
                print(said.getvalue())
        wrongly = count_wrongly_excluded(MineConfig(**base), planted, folder / "dataset-mining")
        print(json.dumps(wrongly, indent=1))
        results[f"{folder.name}, excluded"] = wrongly | {"documents": of_kind, "questions": len(planted.pairs)}
        write_json(options.out / "plants.json", results)


def write_long(options: argparse.Namespace, folder: Path) -> None:
    """Write documents of recombined paragraphs, in some of which stands a passage with questions, once."""
    chance = random.Random(5)
    filler = [line for file in options.filler for row in read_lines(file) for line in paragraphs(row["text"])]
    bank = list(read_lines(options.bench / options.language / "bank.jsonl.gz"))
    passages = {row["paragraph"] for row in bank}
    filler = [line for line in filler if 100 < len(line) < 3000 and line not in passages]
    documents, pairs = [], []
    for number in range(options.documents):
        lines = [chance.choice(filler)]
        while sum(map(len, lines)) < options.characters:
            lines.append(chance.choice(filler))
        if number < len(bank):
            lines.insert(chance.randrange(len(lines)), bank[number]["paragraph"])
        text = "\n".join(lines)
        row = {"docid": f"d{number}", "title": "", "text": text, "lang": options.language, "split": "train"}
        documents.append(row | {"tokens": len(text) // 4})
        if number < len(bank):
            start = text.index(bank[number]["paragraph"])
            for place, query in enumerate(bank[number]["questions"]):
                pairs.append(
                    {
                        "query_id": f"q{number}-{place}",
                        "query": query,
                        "positive_ids": [f"d{number}"],
                        "negative_ids": [],
                        "lang": options.language,
                        "evidence_start": start,
                        "evidence_end": start + len(bank[number]["paragraph"]),
                        "evidence_token_start": 0,
                        "evidence_tokens": 1,
                    }
                )
    tables = (pairs, PAIR), (documents, DOCUMENT)
    write_curated(
        folder, *(conform(pa.Table.from_pylist(rows), schema) for rows, schema in tables), {"made_by": "long"}
    )
    print(f"{len(documents)} documents, {sum(len(row['text']) for row in documents) / 1e6:.0f} million characters")


def run_long(options: argparse.Namespace) -> None:
    """Run m3-train mine on many long documents; say how long it took and the most memory it held."""
    folder = options.out / "long"
    if not (folder / "dataset").exists():
        write_long(options, folder / "dataset")
    model = make_model(options.out / "long-model", [options.bench / options.language / "corpus.jsonl.gz"])
    ways = {
        "bm25": ["--miners", "bm25"],
        "dense sparse": ["--model", model, "--miners", "dense", "sparse", "--max-length", str(options.max_length)],
        "dense sparse, again": [
            "--model",
            model,
            "--miners",
            "dense",
            "sparse",
            "--max-length",
            str(options.max_length),
        ],
    }
    results = {}
    shutil.rmtree(folder / "dataset-mining", ignore_errors=True)
    for way, arguments in ways.items():
        command = [sys.executable, "-m", "training", "mine", "--dataset", str(folder), "--overwrite", *arguments]
        started = time.perf_counter()
        process = subprocess.Popen(command)
        _, status, used = wait_for(process)
        seconds = time.perf_counter() - started
        results[way] = {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}
        print(f"{way}: status {status}, {seconds:.0f} s, {results[way]['mib']:.0f} MiB at most", flush=True)
        write_json(options.out / "long.json", results)


def wait_for(process: subprocess.Popen) -> tuple[int, int, resource.struct_rusage]:
    """Wait for a process; return its id, status and what it used."""
    import os

    return os.wait4(process.pid, 0)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("plants", "long"):
        command = commands.add_parser(name)
        command.add_argument("--bench", type=Path, required=True)
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--max-length", type=int, default=512, help="tokens of a window")
    plants, long = commands.choices["plants"], commands.choices["long"]
    plants.add_argument("--languages", nargs="+", required=True)
    plants.add_argument("--miners", nargs="+", choices=MINERS, default=list(MINERS))
    plants.add_argument("--clusters", nargs="+", choices=("with", "without"), default=["with", "without"])
    plants.add_argument("--articles", type=int, default=60, help="in each language, that are planted copies of")
    plants.add_argument("--questions", type=int, default=600, help="in each language")
    long.add_argument("--language", required=True)
    long.add_argument("--filler", type=Path, nargs="+", required=True)
    long.add_argument("--documents", type=int, default=10_000)
    long.add_argument("--characters", type=int, default=20_000, help="of a document, at least")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    {"plants": run_plants, "long": run_long}[options.command](options)


if __name__ == "__main__":
    main()
