"""A query with what it was asked about: what every check reads, and what several of them measure, measured once."""

from dataclasses import dataclass
from functools import cached_property

from curation.checks.grams import lexical_overlap
from curation.language import is_language


@dataclass(frozen=True)
class Asked:
    """A query with what it was asked about; what every check reads.

    query_lang: the language that was asked for, None for that of the passage. document: the text that the passage is
    of, where it is at hand.
    """

    query: str
    lang: str
    style: str
    finish_reason: str
    passage: str
    query_lang: str | None = None
    generator: str = "openai"
    details: dict[str, str] | None = None
    document: str | None = None

    @property
    def expected(self) -> str:
        """The language that the query must be in."""
        return self.query_lang or self.lang

    @property
    def is_extractive(self) -> bool:
        """Whether the query was made of the passage's own words."""
        return self.style == "keywords" and self.generator == "extractive"

    @property
    def sees_passage(self) -> bool:
        """Whether query and passage can be compared: across languages they share few words, and an extractive query
        is made of the passage.
        """
        return not self.is_extractive and self.expected == self.lang

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the query that hold anything."""
        return [line.strip() for line in self.query.splitlines() if line.strip()]

    @cached_property
    def language(self) -> tuple[bool, str]:
        """Whether the query is in the expected language, and the language that it was taken for."""
        return is_language(self.query, self.expected)

    @cached_property
    def overlap(self) -> float:
        """Share of the query's character n-grams that stand in the passage."""
        return lexical_overlap(self.query, self.passage)
