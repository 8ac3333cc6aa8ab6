"""What asking would cost, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from curation.config import GenerateConfig, RunConfig
from curation.generate import Questions
from curation.judge import Judging, judge_settings, load_judge_prompt
from curation.llm.ledger import Ledger
from curation.llm.limits import price

_USUAL_ANSWER_TOKENS = 40  # of a question in most languages; replaced by the ledger's own mean as soon as it has one
_FEWEST_ANSWERS = 20
_USUAL_QUESTION_TOKENS = 25
_USUAL_VERDICT_TOKENS = 80


@dataclass(kw_only=True)
class Estimate:
    """What asking would take, before anything is sent. Tokens and costs are of the requests that are not paid for yet.

    `cost` is the likely cost and `cost_at_most` the cost if every answer were as long as allowed, in the currency of
    the prices; None without prices. `languages` holds the same figures per language.
    """

    passages: int = 0
    requests: int = 0
    already_paid: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    completion_tokens_at_most: int = 0
    cost: float | None = None
    cost_at_most: float | None = None
    languages: dict[str, Estimate] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the estimate as lines of text for the screen."""
        asked = self.requests - self.already_paid
        first = (
            f"{self.passages:,} passages, {self.requests:,} requests: {self.already_paid:,} answered already, "
            f"{asked:,} to ask"
        )
        tokens = f"about {self.prompt_tokens:,} prompt tokens and {self.completion_tokens:,} answer tokens"
        if self.cost is None:
            return [first, f"{tokens}; give --price-in and --price-out (per million tokens) to see the cost"]
        lines = [first, f"{tokens}: about {self.cost:.4f}, at most {self.cost_at_most:.4f}"]
        if len(self.languages) > 1:
            lines += [
                f"  {lang}: {part.requests - part.already_paid:,} to ask, about {part.cost:.4f}"
                for lang, part in sorted(self.languages.items())
            ]
        return lines


def estimate_cost(passages: pa.Table, config: GenerateConfig, ledger_path: Path, seed: int = 0) -> Estimate:
    """Return what `generate_questions` would take now; sends nothing.

    Prompt tokens are the passages' own count plus the instruction's; an LLM's tokenizer may count differently, and as
    soon as the ledger holds a few answers of the same model to the same instruction, their mean replaces the guess.
    """
    if config.generator == "extractive":
        return Estimate(passages=len(passages))
    questions = Questions(passages, config, seed)
    ledger = Ledger(ledger_path) if ledger_path.exists() else None
    try:
        return _estimate(passages, questions, config, ledger)
    finally:
        if ledger is not None:
            ledger.close()


def estimate_judge(passages: pa.Table, questions: pa.Table | None, config: RunConfig, ledger_path: Path) -> list[str]:
    """Return a line about what the judge will take; none where no judge is asked.

    questions: what is left for the judge; None where that is not known yet: then as if every question passed the
    checks.
    """
    if config.judge.judge_model is None:
        return []
    settings = judge_settings(config.judge, config.generate)
    around = len(load_judge_prompt(config.judge).text.encode()) // 4 + _USUAL_QUESTION_TOKENS
    if questions is None:
        asked = len(passages) * config.generate.questions_per_passage
        tokens, first = sum(passages["tokens"].to_pylist()) * config.generate.questions_per_passage, "at most "
    else:
        numbers = _not_judged(questions, passages, config, settings, ledger_path)
        of_passage = questions["tokens"].to_pylist()
        asked, tokens, first = len(numbers), sum(of_passage[number] or 0 for number in numbers), ""
    prompt, completion = tokens + around * asked, asked * _USUAL_VERDICT_TOKENS
    cost = price(prompt, completion, settings.price_in, settings.price_out)
    line = f"the judge: {first}{asked:,} requests, about {prompt:,} prompt tokens and {completion:,} answer tokens"
    return [line if cost is None else f"{line}: about {cost:.4f}"]


def _not_judged(
    questions: pa.Table, passages: pa.Table, config: RunConfig, settings: GenerateConfig, ledger_path: Path
) -> list[int]:
    """Return the numbers of the questions that are left and not judged yet."""
    judging = Judging(questions, passages, config.judge, settings)
    ledger = Ledger(ledger_path) if ledger_path.exists() else None
    if ledger is None:
        return [request.subject for request in judging.requests()]
    with ledger:
        judging.schema = settings.answer_format == "json" or bool(
            settings.answer_format == "auto"
            and ledger.offers_schemas(judging.plan.endpoints[0].base_url, judging.plan.model)
        )
        known = ledger.answered((key for request in judging.requests() for key in request.keys), settings.retry_failed)
        return [request.subject for request in judging.requests() if not any(key in known for key in request.keys)]


def _estimate(passages: pa.Table, questions: Questions, config: GenerateConfig, ledger: Ledger | None) -> Estimate:
    if config.answer_format == "auto" and ledger is not None:  # what an earlier command has found out
        plan = questions.plan
        questions.schema = bool(ledger.offers_schemas(plan.endpoints[0].base_url, plan.model))
    paid: set[str] = set() if ledger is None else _paid(questions, ledger, config.retry_failed)
    means = {each.prompt.digest: _mean_tokens(ledger, questions, each.prompt.digest) for each in questions.instructions}
    langs, tokens = passages["lang"].to_pylist(), passages["tokens"].to_pylist()
    estimate, seen = Estimate(passages=len(passages)), set[str]()
    for lang in langs:
        estimate.languages.setdefault(lang or "und", Estimate()).passages += 1
    for request in questions.requests():
        settled = request.keys[0] in seen or any(key in paid for key in request.keys)
        seen.add(request.keys[0])
        mean = means[request.prompt.digest] or (
            (tokens[request.subject] or 0) + len(request.prompt.text.encode()) // 4 + 8,
            min(_USUAL_ANSWER_TOKENS * questions.count_of(request), config.max_answer_tokens),
        )
        for part in (estimate, estimate.languages[langs[request.subject] or "und"]):
            part.requests += 1
            if settled:
                part.already_paid += 1
                continue
            part.prompt_tokens += mean[0]
            part.completion_tokens += mean[1]
            part.completion_tokens_at_most += request.most_completion_tokens
    for part in (estimate, *estimate.languages.values()):
        prices = config.price_in, config.price_out
        part.cost = price(part.prompt_tokens, part.completion_tokens, *prices)
        part.cost_at_most = price(part.prompt_tokens, part.completion_tokens_at_most, *prices)
    return estimate


def _paid(questions: Questions, ledger: Ledger, complete_only: bool) -> set[str]:
    keys = (key for request in questions.requests() for key in request.keys)
    return ledger.answered(keys, complete_only)


def _mean_tokens(ledger: Ledger | None, questions: Questions, prompt_digest: str) -> tuple[int, int] | None:
    if ledger is None:
        return None
    answers, prompt, completion = ledger.mean_tokens(questions.plan.model, prompt_digest)
    if answers < _FEWEST_ANSWERS or prompt is None or completion is None:
        return None
    return round(prompt), round(completion)
