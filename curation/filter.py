"""Which questions are kept: the checks of `curation.checks`, then uniqueness in the corpus. What is dropped keeps all
its columns.

Keyword queries made without an LLM are made of the passage's own words, so of them only shape and uniqueness are asked.
A query in another language than the document's shares few words with it: overlap and uniqueness do not judge it.
"""

import pyarrow as pa

from curation.checks import Asked, first_reason, read_details
from curation.checks.recover import recover_question
from curation.config import FilterConfig
from curation.engine import progress
from curation.uniqueness import rank_sources
from data.records import QUESTION, REJECT, conform


def filter_questions(
    questions: pa.Table, passages: pa.Table, documents: pa.Table, config: FilterConfig
) -> tuple[pa.Table, pa.Table]:
    """Return the questions with what the checks measured and `reason` filled (null: kept), and the dropped ones as
    rejects.

    questions: `records.QUESTION`; passages: `records.PASSAGE`; documents: `records.DOCUMENT`, the corpus in which a
    question must be unique.
    """
    texts = dict(zip(passages["passage_id"].to_pylist(), passages["text"].to_pylist(), strict=True))
    numbers = {docid: number for number, docid in enumerate(documents["docid"].to_pylist())}
    rows = questions.to_pylist()
    for row in progress(rows, "checks", "question"):
        number = numbers.get(row["docid"])
        document = documents["text"][number].as_py() if number is not None else None
        asked = read_row(row, texts[row["passage_id"]], document)
        row["query"], row["reason"] = asked.query, first_reason(asked, config)
        row["detected_lang"] = None if asked.style == "keywords" else asked.language[1]
        row["lexical_overlap"] = asked.overlap
    rank_sources(rows, documents, config.uniqueness_depth)
    rejects = [
        {"place": row["query_id"], "reason": row["reason"], "detail": row["query"]} for row in rows if row["reason"]
    ]
    return conform(pa.Table.from_pylist(rows, schema=QUESTION), QUESTION), pa.Table.from_pylist(rejects, schema=REJECT)


def read_row(row: dict[str, object], passage: str, document: str | None = None) -> Asked:
    """Return what the checks read of a `records.QUESTION` row; rows without a query hold an answer."""
    query = row["answer"] if row["query"] is None else row["query"]
    return Asked(
        query=recover_question(str(query or "")),
        lang=str(row["lang"]),
        query_lang=str(row["query_lang"] or row["lang"]),
        style=str(row["style"]),
        finish_reason=str(row["finish_reason"] or ""),
        passage=passage,
        generator=str(row["generator"] or "openai"),
        details=read_details(row["details"]),  # type: ignore[arg-type]
        document=document,
    )
