"""What is wrong with a query, seen from the query and its passage alone: the checks in the order of their cost.

Each check is one function with one reason; it answers the reason, or None. Form (`form`), then the language, then
whether the query stands on its own (`self_contained`), then the passage (`grounding`). Fast enough to be asked of
every answer as it arrives.
"""

import json
from collections.abc import Callable
from dataclasses import replace

from curation.checks import form, grounding, self_contained
from curation.checks.asked import Asked
from curation.checks.grams import lexical_overlap
from curation.checks.recover import recover_question
from curation.config import FilterConfig
from curation.language import fits_script

__all__ = [
    "CHECKS",
    "Asked",
    "Check",
    "check_language",
    "first_reason",
    "lexical_overlap",
    "quick_reason",
    "read_details",
]

Check = Callable[[Asked, FilterConfig], str | None]


def quick_reason(asked: Asked, config: FilterConfig) -> str | None:
    """Return the first reason to drop a query, None if there is none; labels and preambles are taken off before."""
    query = recover_question(asked.query)
    return first_reason(asked if query == asked.query else replace(asked, query=query), config)


def first_reason(asked: Asked, config: FilterConfig) -> str | None:
    """Return the first reason to drop a query that has no preamble any more."""
    return next((reason for check in CHECKS if (reason := check(asked, config))), None)


def check_language(asked: Asked, config: FilterConfig) -> str | None:
    """The query is in the language asked for; of keywords, which no detector knows well, only the script is judged."""
    if asked.is_extractive:
        return None
    right = fits_script(asked.query, asked.expected) if asked.style == "keywords" else asked.language[0]
    return None if right else "other_language"


CHECKS: tuple[Check, ...] = (
    form.check_ended,
    form.check_empty,
    form.check_too_long,
    form.check_readable,
    form.check_refusal,
    form.check_instruction_echo,
    form.check_one_question,
    form.check_answer_included,
    form.check_preamble,
    form.check_extra_content,
    form.check_markup,
    form.check_too_short,
    form.check_whole,
    form.check_question,
    form.check_claim,
    check_language,
    self_contained.check_points_at_text,
    self_contained.check_pronoun,
    grounding.check_copy,
    grounding.check_grounded,
    grounding.check_places,
    grounding.check_literal,
)


def read_details(details: str | None) -> dict[str, str]:
    """Return the parts of an answer from a row's JSON object; empty where there are none."""
    return json.loads(details) if details else {}
