"""Passages: runs of whole paragraphs, drawn evenly over a document's length.

The place of a passage is drawn first, as a share of the document's length, then the paragraphs around that place are
taken; so where evidence lies is uniform, whatever the lengths of the paragraphs.
"""

import random
from collections.abc import Callable, Iterator

import pyarrow as pa
import regex

from curation.config import PassageConfig
from curation.engine import progress
from data.files import digest
from data.records import PASSAGE
from data.text import document_text

_BLANK_LINE = regex.compile(r"\n[ \t\r]*\n\s*")
_NEWLINE = regex.compile(r"\n\s*")
_SENTENCE_END = regex.compile(r"(?<=[.!?؟।]['\")\]»”]*)\s+|(?<=[。！？][」』”]*)|(?<=\n)|(?<=\p{Thai})\s+(?=\p{Thai})")
_WORTH_ASKING = regex.compile(r"\p{L}")
_TRIES = 8
_LONGEST_TOKEN = 12  # characters; bounds what is counted at once on an endless line


def draw_passages(
    documents: pa.Table, config: PassageConfig, seed: int, count_tokens: Callable[[str], int]
) -> pa.Table:
    """Return the passages (`records.PASSAGE`) of all documents, in the order of the documents."""
    rows = []
    columns = [documents[name].to_pylist() for name in ("docid", "lang", "split", "title")]
    documents_in_order = enumerate(zip(*columns, strict=True))
    for number, (docid, lang, split, title) in progress(
        documents_in_order, "passages", "document", total=len(documents)
    ):
        text = documents["text"][number].as_py()
        prefix = len(document_text(title, text)) - len(text)
        for start, end in choose_spans(text, docid, config, seed, count_tokens):
            passage = text[start:end]
            rows.append(
                {
                    "passage_id": digest(docid, start, end),
                    "docid": docid,
                    "lang": lang,
                    "split": split,
                    "title": title,
                    "text": passage,
                    "start": start,
                    "end": end,
                    "tokens": count_tokens(passage),
                    "token_start": count_tokens(document_text(title, text)[: prefix + start]),
                }
            )
    return pa.Table.from_pylist(rows, schema=PASSAGE)


def choose_spans(
    text: str, docid: str, config: PassageConfig, seed: int, count_tokens: Callable[[str], int]
) -> list[tuple[int, int]]:
    """Return up to `passages_per_document` character spans that do not overlap, in the order of the text.

    The k-th of n is drawn from the k-th nth of the document. A document too short for n has fewer.
    """
    blocks = split_paragraphs(text, config.passage_max_tokens, count_tokens)
    chosen: list[tuple[int, int]] = []
    taken: set[int] = set()
    for number in range(config.passages_per_document):
        chance = random.Random(f"passage {seed} {docid} {number}")
        for _ in range(_TRIES):
            place = (number + chance.random()) / config.passages_per_document * len(text)
            at = next((i for i, (_, end) in enumerate(blocks) if end > place), len(blocks) - 1)
            run = _grow(text, blocks, at, taken, config, count_tokens)
            if run and _WORTH_ASKING.search(text[blocks[run[0]][0] : blocks[run[-1]][1]]):
                taken.update(run)
                chosen.append((blocks[run[0]][0], blocks[run[-1]][1]))
                break
    return sorted(chosen)


def _grow(
    text: str,
    blocks: list[tuple[int, int]],
    at: int,
    taken: set[int],
    config: PassageConfig,
    count_tokens: Callable[[str], int],
) -> list[int]:
    """Return the numbers of the blocks around `at` that reach the least length without passing the greatest."""
    if at in taken or not blocks:
        return []
    first = last = at

    def tokens(low: int, high: int) -> int:
        return count_tokens(text[blocks[low][0] : blocks[high][1]])

    while tokens(first, last) < config.passage_min_tokens:
        later = (
            last + 1 < len(blocks) and last + 1 not in taken and tokens(first, last + 1) <= config.passage_max_tokens
        )
        earlier = first > 0 and first - 1 not in taken and tokens(first - 1, last) <= config.passage_max_tokens
        if later:
            last += 1
        elif earlier:
            first -= 1
        else:
            break
    return list(range(first, last + 1))


def split_paragraphs(text: str, max_tokens: int, count_tokens: Callable[[str], int]) -> list[tuple[int, int]]:
    """Return the spans of the paragraphs of `text`, without the space around them; a longer one is cut at sentence
    ends.

    Paragraphs are parted by blank lines, or, in a text that has none, by line ends.
    """
    pattern = _BLANK_LINE if _BLANK_LINE.search(text.strip()) else _NEWLINE
    spans: list[tuple[int, int]] = []
    for start, end in _between(pattern, text, 0, len(text)):
        if _token_bound(text[start:end]) <= max_tokens or count_tokens(text[start:end]) <= max_tokens:
            spans.append((start, end))
        else:
            spans.extend(_cut_sentences(text, start, end, max_tokens, count_tokens))
    return spans


def _cut_sentences(
    text: str, start: int, end: int, max_tokens: int, count_tokens: Callable[[str], int]
) -> list[tuple[int, int]]:
    """Return runs of whole sentences of at most `max_tokens`; a longer sentence is cut at a space, or anywhere."""
    runs: list[tuple[int, int]] = []
    at_most = 0  # tokens of the last run: counted only where the bound by bytes does not suffice
    for low, high in _short_pieces(text, start, end, max_tokens, count_tokens):
        own = _token_bound(text[low:high])
        grown = at_most + own
        if runs and grown > max_tokens:
            grown = count_tokens(text[runs[-1][0] : high])
        if runs and grown <= max_tokens:
            runs[-1], at_most = (runs[-1][0], high), grown
        else:
            runs.append((low, high))
            at_most = own
    return runs


def _short_pieces(
    text: str, start: int, end: int, max_tokens: int, count_tokens: Callable[[str], int]
) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences, those longer than `max_tokens` in pieces."""
    for low, high in _between(_SENTENCE_END, text, start, end):
        while low < high:
            cut = min(high, low + max_tokens * _LONGEST_TOKEN)
            while _token_bound(text[low:cut]) > max_tokens and (size := count_tokens(text[low:cut])) > max_tokens:
                wanted = low + max(1, (cut - low) * max_tokens // (size + 1))
                space = text.rfind(" ", low + 1, wanted)
                cut = space if space > low else wanted
            yield low, cut
            low = cut


def _token_bound(text: str) -> int:
    """Return a number of tokens that no tokenizer passes: its bytes, and a mark at each end."""
    return len(text.encode("utf-8", "surrogatepass")) + 2


def _between(separator: regex.Pattern[str], text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the non-empty spans between matches of `separator` in text[start:end], trimmed of white space."""
    spans, low = [], start
    for match in [*separator.finditer(text, start, end), None]:
        high = match.start() if match else end
        piece = text[low:high]
        if piece.strip():
            spans.append((low + len(piece) - len(piece.lstrip()), high - len(piece) + len(piece.rstrip())))
        low = match.end() if match else end
    return spans
