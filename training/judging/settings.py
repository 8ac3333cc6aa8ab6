"""With which settings a report was made, in words: its own, those in which two differ, and what they make doubtful."""

from collections.abc import Mapping
from typing import Any

from training.evaluate_config import MODES
from training.judging.tables import counted, mode_name

# Settings that change figures; the others only say where things lie, or what there is room for.
_SETTINGS = (
    "max_length",
    "max_query_length",
    "window",
    "mcls",
    "multi_vector",
    "combine",
    "query_texts",
    "document_texts",
    "bf16",
)
_FUSED = ("dense_sparse", "all")
_READ_BY = {"sparse": ("sparse", "dense_sparse", "all"), "multi_vec": ("multi_vector", "all")}  # head -> modes


def describe_settings(report: Mapping[str, Any]) -> list[str]:
    """Return the line that says how the model read and ranked; nothing for BM25 alone."""
    config = report["config"]
    if not report["model"] or "max_query_length" not in config:
        return []
    windows = config.get("window") == "all"
    documents = "documents whole, in windows of" if windows else "documents to"
    said = [f"settings: {documents} {config['max_length']:,} tokens, questions to {config['max_query_length']:,}"]
    if config.get("mcls"):
        said.append(f"another CLS after every {config['mcls']:,}")
    whole = config.get("multi_vector") == "all"
    said.append("multi-vec ranks all documents" if whole else "multi-vec re-ranks dense's best 200")
    if config.get("query_texts") or config.get("document_texts"):
        said.append(f"the {config.get('combine')} score of several texts")
    if config.get("bf16"):
        said.append("bfloat16")
    return [", ".join(said)]


def describe_further_texts(report: Mapping[str, Any]) -> list[str]:
    """Return the lines that say which questions and documents the model saw more texts of than BM25."""
    lines = []
    for kind, setting in (("questions", "query_texts"), ("documents", "document_texts")):
        file = report["config"].get(setting)
        found = report.get("further_texts", {}).get(kind)
        if found:
            share = f"{found['with']:,} of {counted(found['of'], kind[:-1])}"
            lines.append(f"further texts of {share}, from {found['file']}; BM25 does not read them")
        elif file:
            lines.append(f"further texts of the {kind}, from {file}; BM25 does not read them")
    return lines


def describe_fresh_heads(report: Mapping[str, Any]) -> list[str]:
    """Return the line that says which figures are those of heads that were never trained."""
    heads = report.get("fresh_heads") or []
    touched = {mode for head in heads for mode in _READ_BY.get(head, (head,))}
    modes = [mode_name(mode) for mode in MODES if mode in touched]
    if not heads:
        return []
    return [
        f"NEVER TRAINED: {report['model']} has no weights of {name_fresh_heads(report)}; the figures of "
        f"{', '.join(modes)} are those of random weights"
    ]


def name_fresh_heads(report: Mapping[str, Any]) -> str:
    """Return the names of the heads that were never trained."""
    return " and ".join("multi-vec" if head == "multi_vec" else head for head in report.get("fresh_heads") or [])


def differing_settings(before: Mapping[str, Any], after: Mapping[str, Any], titles: tuple[str, str]) -> list[str]:
    """Return the line that lists the settings in which two reports of models differ."""
    if not (before.get("model") and after.get("model")):
        return []  # BM25 has none
    left, right = before.get("config", {}), after.get("config", {})
    pairs = {name: (left[name], right[name]) for name in _SETTINGS if name in left and name in right}
    for mode in _FUSED:
        if before.get("fusion") and after.get("fusion"):
            pairs[f"weights of {mode_name(mode)}"] = (before["fusion"][mode], after["fusion"][mode])
    said = [
        f"{name.replace('_', ' ')} {_say(old)} ({titles[0]}), {_say(new)} ({titles[1]})"
        for name, (old, new) in pairs.items()
        if old != new
    ]
    if not said:
        return []
    return [f"Made with other settings, so that the difference may be theirs, not the model's: {'; '.join(said)}"]


def _say(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(f"{one:g}" for one in value)
    if isinstance(value, bool) or value is None:
        return "yes" if value else "none" if value is None else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
