"""What a training reads of documents that are longer than the model: in figures, and in words.

truncation = measure_truncation(examples, documents.tokens, window="head", max_length=8192)
print(describe_truncation(truncation))
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from training.batching.documents import Span
from training.batching.examples import Example
from training.config import Window
from training.windows import windows


def measure_truncation(
    examples: Sequence[Example], tokens: Sequence[int], window: Window, max_length: int
) -> dict[str, Any]:
    """Return what reading `max_length` tokens at a time costs: documents, tokens, and the evidence of questions.

    `tokens` are the documents' whole lengths. Evidence is inside when some window holds all of it, outside when no
    window holds any. `windows` are those in which the longer documents are read: all of them, or one around the
    evidence of each question.
    """
    room = max_length - 2
    longer = [count for count in tokens if count > max_length]
    unread = 0 if window == "all" else sum(count - max_length for count in longer)
    evidence = Counter(_where(example.evidence, tokens[example.positives[0]] - 2, window, room) for example in examples)
    counted = {
        "head": len(longer),
        "evidence": sum(bool(example.evidence) and tokens[example.positives[0]] > max_length for example in examples),
        "all": sum(len(windows(count - 2, room, 0.0)) for count in longer),
    }
    return {
        "window": window,
        "max_length": max_length,
        "documents": len(tokens),
        "documents_longer": len(longer),
        "windows": counted[window],
        "tokens": sum(tokens),
        "tokens_not_read": unread,
        "share_of_tokens_not_read": round(unread / max(sum(tokens), 1), 6),
        "questions": len(examples),
        "questions_with_evidence_inside": evidence["inside"],
        "questions_with_evidence_partly_inside": evidence["partly"],
        "questions_with_evidence_outside": evidence["outside"],
        "questions_without_evidence": evidence["unknown"],
    }


def _where(evidence: Span | None, length: int, window: Window, room: int) -> str:
    """Say how much of `evidence`, which counts CLS as token 0, stands in a window of a document of `length` tokens."""
    if evidence is None:
        return "unknown"
    start, end = evidence[0] - 1, evidence[1] - 1
    if window == "head":
        spans = [(0, min(length, room))]
    elif window == "all":
        spans = windows(length, room, 0.0)
    else:
        return "inside" if length <= room or end - start <= room else "partly"
    if any(first <= start and end <= last for first, last in spans):
        return "inside"
    return "partly" if any(first < end and start < last for first, last in spans) else "outside"


def describe_truncation(truncation: dict[str, Any]) -> str:
    """Return the figures of `measure_truncation` as the sentences that `m3-train fit` prints."""
    longer, limit = f"{truncation['documents_longer']:,} documents", f"{truncation['max_length']:,} tokens"
    share = f"{truncation['share_of_tokens_not_read']:.1%} of all tokens"
    if truncation["window"] == "head":
        read = f"Cut at {limit}: {longer}, {share}."
    elif truncation["window"] == "evidence":
        read = (
            f"{longer} are longer than {limit} and are read in one window of that size, for"
            f" {truncation['windows']:,} questions around their evidence; {share} are not read at a time."
        )
    else:
        read = f"{longer} are longer than {limit} and are read whole, in {truncation['windows']:,} windows."
    evidence = (
        f"Evidence is read wholly for {truncation['questions_with_evidence_inside']:,} questions, partly for"
        f" {truncation['questions_with_evidence_partly_inside']:,}, not at all for"
        f" {truncation['questions_with_evidence_outside']:,}"
    )
    unknown = truncation["questions_without_evidence"]
    beginning = ", and read from the beginning" if truncation["window"] == "evidence" else ""
    return f"{read}\n{evidence}" + (f"; unknown{beginning} for {unknown:,}." if unknown else ".")
