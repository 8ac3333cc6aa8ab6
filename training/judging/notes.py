"""What stands under the tables: what was measured, left out and cut, and what on the screen is to be trusted little."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.judging.bootstrap import FEW_DOCUMENTS, Difference
from training.judging.settings import describe_fresh_heads, describe_further_texts, describe_settings
from training.judging.tables import counted

MANY = 20  # differences of which about one is marked by chance
SMALL_CORPUS = 100  # in a corpus no larger than this, Recall@100 of a full ranking is 1 whatever the model does
_PAPER_OVER = {  # what the means are means of (arXiv 2402.03216)
    "mldr": "MLDR's 13 languages at 8,192 tokens",
    "miracl": "MIRACL's 18 languages",
    "mkqa": "MKQA's 25 languages",
    "narrativeqa": "NarrativeQA's English at 8,192 tokens",
}


def describe_measured(report: Mapping[str, Any]) -> list[str]:
    """Return the lines that say what was measured and how, what was left out, and what was cut."""
    collections = report["collections"]
    documents, queries = (sum(row[name] for row in collections.values()) for name in ("documents", "queries"))
    sizes = (counted(queries, "question"), counted(documents, "document"), counted(len(collections), "language"))
    lines = [", ".join(sizes), *describe_settings(report)]
    for lang, row in collections.items():
        for reason, aside in row["set_aside"].items():
            lines.append(f"{lang}: {counted(aside['count'], 'question')} set aside, {reason}; first {aside['example']}")
    small = [lang for lang, row in collections.items() if row["documents"] <= SMALL_CORPUS]
    if small:
        lines.append(f"Recall@100 says little where there are no more than {SMALL_CORPUS} documents: {' '.join(small)}")
    if report["truncation"]:
        lines.append(_describe_cut(report["truncation"], report["config"], queries))
    return [*lines, *describe_further_texts(report), *describe_fresh_heads(report)]


def _describe_cut(truncation: Mapping[str, Any], config: Mapping[str, Any], queries: int) -> str:
    cut, total, lost, tokens, cut_queries = (
        sum(row[name] for row in truncation.values())
        for name in ("documents_cut", "documents", "tokens_cut", "tokens", "queries_cut")
    )
    room = f"{config['max_length']:,} tokens{' with all CLS' if config.get('mcls') else ''}"
    line = (
        "documents are read whole, in windows"
        if config.get("window") == "all"
        else (
            f"{cut:,} of {counted(total, 'document')} {_are(cut)} longer than {room}; "
            f"{lost / max(tokens, 1):.1%} of all tokens not read"
        )
    )
    if cut_queries:
        limit = f"{config['max_query_length']:,} tokens"
        line += f"; {cut_queries:,} of {counted(queries, 'question')} {_are(cut_queries)} longer than {limit}, and cut"
    return line


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def describe_doubts(documents: Mapping[str, int], together: int, of_mean: int) -> list[str]:
    """Return the lines that say where there is no interval, and where there are too few documents to be sure.

    `documents`: language -> documents that its questions are about; `together`: those of all languages;
    `of_mean`: as many as the mean over the languages is as good as.
    """
    lines = []
    few = [lang for lang, count in documents.items() if 2 <= count < FEW_DOCUMENTS]
    if together < FEW_DOCUMENTS:
        count = counted(together, "document") if together > 1 else "one document"
        lines.append(
            f"The questions are about {count} (near-copies and translations are one): too few to be sure, which takes"
            f" {FEW_DOCUMENTS}"
        )
    elif few:
        lines.append(
            f"The questions are about fewer than {FEW_DOCUMENTS} documents, too few to be sure: {' '.join(few)}"
        )
    if of_mean < FEW_DOCUMENTS <= together:
        lines.append("The mean over the languages hangs on those with the fewest documents: nothing is sure of it")
    alone = [lang for lang, count in documents.items() if count < 2]
    if alone:
        rest = "" if len(alone) == len(documents) else ", and the mean's leaves them out of account"
        lines.append(f"Where all questions are about one document there is no interval{rest}: {' '.join(alone)}")
    return lines


def warn_of_many(differences: Sequence[Difference]) -> list[str]:
    """Return the line to be read with the marks on so many differences, where some are sure."""
    judged = [one for one in differences if not one.few]
    if len(judged) < MANY or not any(one.sure for one in judged):
        return []
    return [
        f"{len(judged)} differences are judged here, and nothing corrects for so many: about 1 in 20 of those that are"
        " none gets a mark"
    ]


def describe_paper(report: Mapping[str, Any]) -> list[str]:
    """Return the line that says what the means of M3's authors are means of, beside what was measured here."""
    over = _PAPER_OVER.get(report["config"].get("benchmark"))
    if not over:
        return []
    read = f" at {report['config']['max_length']:,} tokens" if report["model"] else ""
    here = f"{counted(len(report['collections']), 'language')}{read}"
    return [f"paper: the mean that M3's authors report, over {over}; here {here}"]
