"""BM25 over whole documents: tantivy, one index per language, on tokens of our own that serve every script."""

from collections.abc import Iterable

import tantivy

from data.text import search_tokens

WRITER_BYTES = 128_000_000


class Bm25Index:
    """An in-memory BM25 index (k1 = 1.2, b = 0.75, tantivy's constants) of one language's documents."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Index `texts`, each read once; a document is known by its number in that order."""
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("tokens", tokenizer_name="whitespace", index_option="freq")
        builder.add_integer_field("number", stored=True)
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
        self._size = 0
        for number, text in enumerate(texts):
            writer.add_document(tantivy.Document(tokens=" ".join(search_tokens(text)), number=number))
            self._size = number + 1
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str, limit: int) -> list[tuple[int, float]]:
        """Return up to `limit` (document number, score) pairs, best first; equal scores in the order of the numbers."""
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "tokens", token, index_option="freq"))
            for token in search_tokens(query)
        ]
        if not terms or not self._size:
            return []
        hits = self._searcher.search(tantivy.Query.boolean_query(terms), limit=min(limit, self._size)).hits
        found = [(int(self._searcher.doc(address)["number"][0]), float(score)) for score, address in hits]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))
