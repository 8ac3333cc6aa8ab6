"""Checks whether a query can be understood without its passage: it names what it is about."""

from curation.checks.asked import Asked
from curation.checks.pointing import points_at_text
from curation.checks.pronouns import lacks_subject
from curation.config import FilterConfig


def check_points_at_text(asked: Asked, config: FilterConfig) -> str | None:
    """It does not speak of "the text"."""
    found = asked.style != "keywords" and points_at_text(asked.query, asked.expected)
    return "points_at_text" if found else None


def check_pronoun(asked: Asked, config: FilterConfig) -> str | None:
    """It does not put a pronoun, or nothing at all, in the place of what it is about."""
    found = asked.style != "keywords" and lacks_subject(asked.query, asked.expected)
    return "pronoun" if found else None
