"""A run's configuration: checked, compared with what a stage was made with, and read back from DIR/config.json."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from curation.config import (
    DedupConfig,
    FilterConfig,
    GenerateConfig,
    JudgeConfig,
    PassageConfig,
    RunConfig,
    SampleConfig,
    SplitConfig,
)
from data.errors import InputError

# The parts of a run's configuration by their names: on the command line, in DIR/config.json, and as stages.
SECTIONS: dict[str, Any] = {
    "sample": SampleConfig,
    "split": SplitConfig,
    "passages": PassageConfig,
    "generate": GenerateConfig,
    "filter": FilterConfig,
    "dedup": DedupConfig,
    "judge": JudgeConfig,
}


def check_config(config: RunConfig) -> None:
    """Raise `InputError` for a value that no stage can work with."""
    sample, split, passages, checks = config.sample, config.split, config.passages, config.filter
    shares = (split.dev_share, split.test_share)
    wrong = [
        (sample.per_language is not None and sample.per_language < 1, "--per-language must be 1 or more"),
        (sample.max_source_rows is not None and sample.max_source_rows < 1, "--max-source-rows must be 1 or more"),
        (sample.workers < 1, "--workers must be 1 or more"),
        (sample.min_tokens < 1, "--min-tokens must be 1 or more"),
        (list(sample.buckets) != sorted(set(sample.buckets)), "--buckets must rise"),
        (min(sample.buckets, default=1) < 1, "--buckets must be 1 or more"),
        (not 0.7 <= split.jaccard <= 1, "--jaccard must be from 0.7, below which pairs are lost, to 1"),
        (min(shares) < 0 or sum(shares) >= 1, "--dev-share and --test-share must be 0 or more, and below 1 together"),
        (passages.passages_per_document < 1, "--passages-per-document must be 1 or more"),
        (
            not 1 <= passages.passage_min_tokens <= passages.passage_max_tokens,
            "--passage-min-tokens must be 1 or more, and at most --passage-max-tokens",
        ),
        (not 0 < split.containment <= 1, "--containment must be above 0, and at most 1"),
        (checks.uniqueness_depth < 0, "--uniqueness-depth must be 0 or more"),
        (not 0 <= checks.max_lexical_overlap <= 1, "--max-lexical-overlap must be from 0 to 1"),
        (not 0 <= checks.max_easy_share <= 1, "--max-easy-share must be from 0 to 1"),
        (not 0 <= checks.easy_overlap <= 1, "--easy-overlap must be from 0 to 1"),
        (not 0.5 <= config.dedup.question_similarity <= 1, "--question-similarity must be from 0.5 to 1"),
        (not 1 <= config.judge.judge_threshold <= 5, "--judge-threshold must be from 1 to 5"),
        (not 0 <= config.judge.judge_audit_share <= 1, "--judge-audit-share must be from 0 to 1"),
        (not 0 <= checks.max_copied_share <= 1, "--max-copied-share must be from 0 to 1"),
        (not 0 <= checks.min_overlap <= 1, "--min-overlap must be from 0 to 1"),
    ]
    for is_wrong, message in wrong:
        if is_wrong:
            raise InputError(message)


def effective(config: Any) -> dict[str, Any]:
    """Return the fields of a stage's configuration that change what it makes, as plain JSON values."""
    chosen = {f.name: getattr(config, f.name) for f in dataclasses.fields(config) if not f.metadata.get("effort")}
    plain: dict[str, Any] = json.loads(json.dumps(chosen, default=str))
    return plain


def read_recorded(out: Path | None) -> RunConfig | None:
    """Return the configuration that a run's folder records, or None if there is none."""
    file = out / "config.json" if out else None
    if not out or not file or not file.is_file():
        return None
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        return _from_json(plain, out)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is not the configuration of a run of m3-curate; choose another --out") from error


def _from_json(plain: dict[str, Any], out: Path) -> RunConfig:
    sections: dict[str, Any] = {}
    for name, section in SECTIONS.items():
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in plain.get(name, {}).items()
        }
        for key in ("ledger", "key_file"):
            if values.get(key):
                values[key] = Path(values[key])
        if "decontaminate" in values:
            values["decontaminate"] = tuple(Path(file) for file in values["decontaminate"])
        sections[name] = section(**values)
    return RunConfig(out=out, seed=plain["seed"], **sections)
