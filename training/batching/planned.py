"""The plan's batches as one rank's step receives them: its share of the queries and of the documents' windows."""

import itertools
import math
from collections.abc import Sequence

import torch
from torch.utils.data import Dataset

from training.batching.columns import arrange_columns
from training.batching.examples import TrainingData
from training.batching.plan import Batch
from training.config import FitConfig
from training.packing import pack, split_by_tokens
from training.step import StepInputs


class PlannedBatches(Dataset):
    """The plan's batches by step."""

    def __init__(
        self,
        plan: Sequence[Batch],
        data: TrainingData,
        config: FitConfig,
        *,
        padded: bool,
        rank: int = 0,
        ranks: int = 1,
        even: bool = False,
    ) -> None:
        """Serve the share of `rank`; `padded` where the model cannot read packed texts.

        With `even` all ranks have equally many sub-batches, as sharded weights want it: each is a collective there.
        Self-distillation joins after the configured share of the plan.
        """
        self.plan, self.data, self.config, self.even = plan, data, config, even
        self.padded, self.rank, self.ranks = padded, rank, ranks
        self.distill_from = math.ceil(len(plan) * config.distill_start_ratio)

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.plan)

    def __getitem__(self, step: int) -> dict[str, StepInputs]:
        """Return the argument of `TrainingStep.forward` for a step."""
        batch, data = self.plan[step], self.data
        columns = arrange_columns(batch, data, self.config)
        examples = [data.examples[index] for index in batch.examples]
        of_queries = share_out([len(example.input_ids) for example in examples], self.ranks)
        of_windows = share_out([window.length for window in columns.windows], self.ranks)
        divided = [self._divide([columns.windows[place].length for place in share]) for share in of_windows]
        if self.even:
            of_windows, divided = even_out(of_windows, divided)
        rows = in_rank_order(of_queries, len(examples))
        placed = [place for share in of_windows for place in share]
        if not self.even:
            placed = in_rank_order(of_windows, len(columns.windows))
        mine = [columns.windows[place] for place in of_windows[self.rank]]
        texts = [data.documents.window_ids(window) for window in mine]
        asked = [examples[place].input_ids for place in of_queries[self.rank]]
        everything = [examples[place].input_ids for share in of_queries for place in share]
        lengths = [len(ids) for ids in asked]
        inputs = StepInputs(
            queries=tuple(pack(asked[part]) for part in ([slice(None)] if self.even else self._divide(lengths))),
            sub_batches=tuple(pack(texts[part]) for part in divided[self.rank]),
            all_queries=pack(everything),
            query_counts=tuple(map(len, of_queries)),
            window_counts=tuple(map(len, of_windows)),
            column=torch.tensor([columns.column[place] for place in placed]),  # [W]
            targets=torch.tensor([columns.targets[row] for row in rows]),  # [Bq]
            excluded=torch.from_numpy(columns.excluded[rows]),  # [Bq, Bp]
            teacher=None if columns.teacher is None else torch.from_numpy(columns.teacher[rows]),  # [Bq, Bp]
            distill=step >= self.distill_from,
            query_ids=tuple(examples[row].query_id for row in rows),
        )
        return {"inputs": inputs}

    def _divide(self, lengths: Sequence[int]) -> list[slice]:
        return list(split_by_tokens(lengths, self.config.sub_batch_tokens, self.padded))


def largest_batch(plan: Sequence[Batch], data: TrainingData, config: FitConfig, ranks: int) -> tuple[int, int]:
    """Return the longest text that is encoded, and the most tokens of documents that a rank encodes in a step."""
    lengths = data.documents.lengths
    read = [batch.documents for batch in plan]
    longest = min(max(lengths[row] for rows in read for row in rows), config.max_length)
    most = max(sum(lengths[row] for row in rows) for rows in read)
    return longest, max(longest, -(-most // ranks))


def share_out(tokens: Sequence[int], ranks: int) -> list[list[int]]:
    """Return, for each rank, the numbers of the texts that it encodes, longest first, tokens spread evenly.

    Where there are fewer texts than ranks, the last ranks repeat one, so that none has nothing to do.
    """
    shares: list[list[int]] = [[] for _ in range(ranks)]
    loads = [0] * ranks
    for text in sorted(range(len(tokens)), key=lambda text: (-tokens[text], text)):
        rank = loads.index(min(loads))
        shares[rank].append(text)
        loads[rank] += tokens[text]
    shortest = min(range(len(tokens)), key=lambda text: (tokens[text], text))
    return [share or [shortest] for share in shares]


def even_out(
    shares: Sequence[Sequence[int]], divided: Sequence[Sequence[slice]]
) -> tuple[list[list[int]], list[list[slice]]]:
    """Return shares of texts and their sub-batches such that each rank has as many sub-batches as the most has.

    Sub-batches are halved, the largest first. A rank with fewer texts than that repeats its last one: twice the same
    score in a column is as good as once.
    """
    most = max(map(len, divided))
    evened: tuple[list[list[int]], list[list[slice]]] = ([], [])
    for share, parts in zip(shares, divided, strict=True):
        texts, counts = list(share), [part.stop - part.start for part in parts]
        while len(counts) < most:
            place = counts.index(max(counts))
            if counts[place] == 1:
                texts.append(texts[-1])
                counts.append(1)
            else:
                counts[place : place + 1] = [(counts[place] + 1) // 2, counts[place] // 2]
        ends = list(itertools.accumulate(counts))
        evened[0].append(texts)
        evened[1].append([slice(end - count, end) for end, count in zip(ends, counts, strict=True)])
    return evened


def in_rank_order(shares: Sequence[Sequence[int]], count: int) -> list[int]:
    """Return the numbers of the `count` texts in the order in which ranks' shares stand one after another."""
    return [text for share in shares for text in share][:count]
