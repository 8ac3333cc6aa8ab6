"""BM25 over whole documents: tantivy, one index per language, on tokens that the caller chooses.

    index = Bm25Index(texts)                                                # words and bigrams (data.text), in memory
    index = Bm25Index(texts, tokenize=subwords, folder=out / digest_of_texts_and_tokenizer)           # on disk
    index.search("Who rings the bell?", limit=100)                          # [(document number, score)], best first

With a folder the index lies on disk and memory stays bounded, whatever the corpus.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import tantivy

from data.errors import RunError
from data.files import atomic_folder, write_json
from data.text import search_tokens

WRITER_BYTES = 128_000_000  # of documents that are collected before they are written out
ABOUT_FILE = "about.json"

# tantivy is given the tokens of a document as one text, which it cuts at ASCII whitespace; text without a form in UTF-8
# (lone surrogates) it refuses. Tokens that hold such characters are written with escapes.
_ESCAPED = re.compile("[ \t\n\r\f\\\\\ud800-\udfff]")


class Bm25Index:
    """A BM25 index (k1 = 1.2, b = 0.75, tantivy's constants) of one language's documents."""

    def __init__(
        self,
        texts: Iterable[str],
        tokenize: Callable[[str], list[str]] = search_tokens,
        folder: Path | None = None,
    ) -> None:
        """Index `texts`, each read once; a document is known by its number in that order.

        `tokenize` gives the tokens of a text, of any characters. With `folder` the index is kept there, and appears
        when it is complete; one that is there is used as it is, and `texts` are not read, so its name must say what
        texts and tokens are in it. Raises `RunError` when it cannot be written or read.
        """
        self._tokenize = tokenize
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("tokens", tokenizer_name="whitespace", index_option="freq")
        builder.add_integer_field("number", stored=True)
        self._schema = builder.build()
        if folder is None:
            index = tantivy.Index(self._schema)
            self._size = self._fill(index, texts, folder)
        else:
            if _size_of(folder) is None:
                try:
                    with atomic_folder(folder) as temporary:
                        size = self._fill(tantivy.Index(self._schema, path=str(temporary), reuse=False), texts, folder)
                        write_json(temporary / ABOUT_FILE, {"documents": size})
                except OSError:
                    if _size_of(folder) is None:  # else another process was faster: the same index is there
                        raise
            self._size = _size_of(folder) or 0
            with _run_errors(folder, "be read", "remove it"):
                index = tantivy.Index(self._schema, path=str(folder))
        with _run_errors(folder, "be read", "remove it"):
            index.reload()
            self._searcher = index.searcher()

    def _fill(self, index: tantivy.Index, texts: Iterable[str], folder: Path | None) -> int:
        """Write the documents; return how many there are."""
        writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
        size = 0
        try:
            for number, text in enumerate(texts):
                document = tantivy.Document(tokens=_join(self._tokenize(text)), number=number)
                with _run_errors(folder, "be written", "is the disk full?"):
                    writer.add_document(document)
                size = number + 1
            with _run_errors(folder, "be written", "is the disk full?"):
                writer.commit()
                writer.wait_merging_threads()
        finally:
            del writer  # its threads end with it, and write no more into a folder that is given up
        return size

    def search(self, query: str, limit: int) -> list[tuple[int, float]]:
        """Return up to `limit` (document number, score) pairs, best first; equal scores in the order of the numbers."""
        terms = [
            (
                tantivy.Occur.Should,
                tantivy.Query.term_query(self._schema, "tokens", _escape(token), index_option="freq"),
            )
            for token in self._tokenize(query)
        ]
        limit = min(limit, self._size)
        if not terms or not limit:
            return []
        asked = tantivy.Query.boolean_query(terms)
        wanted = min(limit + 1, self._size)
        while True:  # of those that equal the last one, the index returns any: all are needed to tell the first
            hits = self._searcher.search(asked, limit=wanted, count=False).hits
            if wanted == self._size or len(hits) < wanted or hits[-1][0] < hits[limit - 1][0]:
                break
            wanted = min(4 * wanted, self._size)
        found = [(int(self._searcher.doc(address)["number"][0]), float(score)) for score, address in hits]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]


@contextlib.contextmanager
def _run_errors(folder: Path | None, what: str, advice: str) -> Iterator[None]:
    """Turn what tantivy raises into a `RunError`."""
    try:
        yield
    except (ValueError, OSError) as error:
        place = folder or "memory"
        raise RunError(f"the BM25 index in {place} cannot {what} ({str(error).strip()}); {advice}") from error


def _size_of(folder: Path) -> int | None:
    """Return the number of documents of the complete index in `folder`, None when there is none."""
    try:
        return int(json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8"))["documents"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _escape(token: str) -> str:
    """Return `token` in one piece; different tokens stay different."""
    return _ESCAPED.sub(lambda found: f"\\{ord(found[0]):x};", token) or "\\;"


def _join(tokens: list[str]) -> str:
    """Return the tokens of a document as the text that tantivy cuts into them again."""
    joined = " ".join(tokens)
    if "" in tokens or len(_ESCAPED.findall(joined)) != len(tokens) - 1:
        joined = " ".join(map(_escape, tokens))
    return joined
