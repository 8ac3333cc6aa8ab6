"""Length buckets: which lengths of documents form batches together, and of how many questions.

    buckets = choose_buckets(config, negatives=7, longest=8192)

By default the paper's table (arXiv 2402.03216, table 9).
"""

import re
from dataclasses import dataclass

from data.errors import InputError
from training.config import FitConfig


@dataclass(frozen=True)
class Bucket:
    """Documents of up to `tokens` tokens (more than the bucket before), and the questions of a batch of them."""

    tokens: int
    questions: int


PAPER_BUCKETS = (
    Bucket(500, 48),
    Bucket(1000, 32),
    Bucket(2000, 20),
    Bucket(3000, 18),
    Bucket(4000, 14),
    Bucket(5000, 14),
    Bucket(6000, 12),
    Bucket(7000, 10),
    Bucket(8192, 8),
)
_SYNTAX = re.compile(r"(\d+)(?::(\d+))?", re.ASCII)


def choose_buckets(config: FitConfig, negatives: int, longest: int) -> tuple[Bucket, ...]:
    """Return the buckets for documents of up to `longest` tokens and questions with `negatives` hard negatives each.

    Above the last bound the lengths double from bucket to bucket, and the questions fall so that a batch keeps to the
    tokens of the last bucket; a batch size that holds for every bucket holds for these too. Raises `InputError` for
    `--buckets` that cannot be read, and for options that contradict each other.
    """
    given = _read_buckets(config)

    def questions(bound: int, of_bucket: int | None) -> int:
        if config.batch_size is not None:
            return config.batch_size
        if config.batch_tokens is not None:
            return max(1, config.batch_tokens // (bound * (1 + negatives)))
        assert of_bucket is not None
        return of_bucket

    buckets = [Bucket(bound, questions(bound, of_bucket)) for bound, of_bucket in given]
    last = buckets[-1]
    while buckets[-1].tokens < longest:
        bound = min(2 * buckets[-1].tokens, longest)
        buckets.append(Bucket(bound, questions(bound, max(1, last.tokens * last.questions // bound))))
    return tuple(buckets)


def _read_buckets(config: FitConfig) -> list[tuple[int, int | None]]:
    """Return the bounds that hold, each with its questions unless --batch-size or --batch-tokens says them."""
    if config.batch_size is not None and config.batch_tokens is not None:
        raise InputError("--batch-size and --batch-tokens both say how large a batch is; give one of them")
    for name, value in (("batch-size", config.batch_size), ("batch-tokens", config.batch_tokens)):
        if value is not None and value < 1:
            raise InputError(f"--{name} is {value}; give 1 or more")
    option = "batch-tokens" if config.batch_size is None else "batch-size"
    sized = config.batch_size is not None or config.batch_tokens is not None
    found: list[tuple[int, int | None]] = []
    for text in config.buckets:
        match = _SYNTAX.fullmatch(text)
        if match is None or int(match[1]) == 0 or (match[2] and int(match[2]) == 0):
            raise InputError(f"--buckets {text} is not TOKENS:QUESTIONS with both above 0, such as 4096:16")
        if match[2] is None and not sized:
            raise InputError(
                f"--buckets {text} does not say how many questions a batch has: give {text}:QUESTIONS, or --batch-size"
                " or --batch-tokens for all buckets"
            )
        if match[2] is not None and sized:
            raise InputError(
                f"--buckets {text} and --{option} both say how large a batch is; leave out --{option}, or give"
                f" --buckets {match[1]}"
            )
        if found and int(match[1]) <= found[-1][0]:
            raise InputError(f"--buckets {text} stands after {found[-1][0]}; give the token bounds from short to long")
        found.append((int(match[1]), int(match[2]) if match[2] else None))
    return found or [(bucket.tokens, bucket.questions) for bucket in PAPER_BUCKETS]
