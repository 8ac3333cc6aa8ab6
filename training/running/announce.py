"""What `m3-train fit` says before it trains: how much there is, what is not read, what will be measured."""

from typing import Any

from training.batching.examples import TrainingData
from training.batching.truncation import describe_truncation
from training.config import FitConfig
from training.running.checkpoints import last_checkpoint
from training.running.dev import DevEvaluation
from training.running.run_folder import CHECKPOINTS


def announce(
    config: FitConfig, data: TrainingData, truncation: dict[str, Any], steps: int, dev: DevEvaluation | None
) -> None:
    """Print it."""
    counts = data.counts()
    print(
        f"{counts['questions']:,} questions, {counts['documents']:,} documents, {truncation['tokens']:,} tokens;"
        f" {steps:,} steps"
    )
    for name, what in (("documents_without_text", "have no text"), ("documents_of_one_token", "are one token long")):
        if counts[name]:
            print(f"{counts[name]:,} documents {what}.")
    print(describe_truncation(truncation))
    if config.teacher_weight > 0 and counts["questions_without_teacher_scores"]:
        print(f"{counts['questions_without_teacher_scores']:,} questions have no teacher's scores.")
    if config.attention_dropout == 0:
        print("Attention dropout is 0, so that attention runs on its fast kernels.")
    else:
        print(f"Attention dropout is {config.attention_dropout}: attention does not run on its fast kernels.")
    _announce_evaluation(config, dev)
    checkpoint = last_checkpoint(config.out / CHECKPOINTS)
    if checkpoint is not None:
        print(f"Going on from {checkpoint}.")


def _announce_evaluation(config: FitConfig, dev: DevEvaluation | None) -> None:
    if dev is not None:
        questions = sum(len(each.queries) for each in dev.collections)
        documents = sum(len(each.docids) for each in dev.collections)
        print(
            f"Evaluation every {config.eval_steps:,} steps: {questions:,} dev questions, {documents:,} documents; the"
            f" weights with the best nDCG@10 of {dev.mode} are kept."
        )
    elif config.eval_steps:
        print("The data set has no dev questions: no evaluation, the last weights are kept.")
