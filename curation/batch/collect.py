"""Looks after batches that are under way at an endpoint, and reads their results when they have ended."""

from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from tqdm import tqdm

from curation.batch.api import BatchApi, BatchState
from curation.batch.records import BatchRecords, Record
from curation.batch.results import Account, Reader
from curation.llm.endpoint import scrub
from curation.llm.ledger import Ledger

_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 30.0


@dataclass(kw_only=True)
class Batch:
    """A batch under way: what is recorded of it, how it stands, and its file, where this command wrote it."""

    record: Record
    state: BatchState
    file: BinaryIO | None = None


class Collecting:
    """Looks after the batches under way at one endpoint and reads their results.

    `account` is None where those are of earlier commands, and nothing is counted any more.
    """

    def __init__(self, api: BatchApi, ledger: Ledger, bar: "tqdm[None]", account: Account | None):
        self.api = api
        self.ledger = ledger
        self.records = BatchRecords(ledger)
        self.running: list[Batch] = []
        self._bar = bar
        self._account = account
        self._settled = int(bar.n)

    def collect(self, records: list[Record]) -> None:
        """Read the results of batches of earlier commands."""
        for record in records:
            state = self.api.adopt(record) if record.batch_id is None else BatchState(record.batch_id, "")
            if state is None:  # never begun: the caller asks for what is still wanted
                self.records.remove(record)
                continue
            record.batch_id = state.batch_id
            self.records.note_ids(record)
            self.running.append(Batch(record=record, state=state))
        while self.running:
            for batch in self.wait():
                self.read(batch)
                self.records.mark_collected(batch.record)

    def wait(self) -> list[Batch]:
        """Wait until batches have ended, and return those."""
        seconds = _FIRST_WAIT_SECONDS
        while self.running:
            self._show()
            self.api.pause(seconds)
            seconds = min(_LONGEST_WAIT_SECONDS, seconds * 1.5)
            for batch in self.running:
                batch.state = self.api.retrieve(batch.state.batch_id)
            ended = [batch for batch in self.running if batch.state.ended]
            if ended:
                self.running = [batch for batch in self.running if not batch.state.ended]
                return ended
        return []

    def read(self, batch: Batch) -> Reader:
        """Read the results of a batch that has ended into the ledger, all but what failed."""
        reader = Reader(batch.record, self.api.endpoint, self.api.key, self.records, self.ledger, self._account)
        for file_id in batch.state.result_files:
            self.api.read_lines(file_id, batch.state.batch_id, reader.take, reader.restart)
            reader.flush()
        if reader.any_answered or (self._account is not None and self._account.proven):
            reader.write_refused()
        self._settled += batch.record.requests - len(reader.failures)
        self._show()
        return reader

    def _show(self) -> None:
        self._bar.n = self._settled + sum(batch.state.finished for batch in self.running)
        states = Counter(batch.state.status or "unknown" for batch in self.running)
        words = [f"{count} {scrub(state, self.api.key)}" for state, count in states.items()]
        if self._account is not None:
            budget, tally = self._account.budget, self._account.tally
            words.append(f"{tally.prompt_tokens + tally.completion_tokens:,} tokens")
            if budget.price_in is not None or budget.price_out is not None:
                words.append(f"{budget.spent:.4f} spent")
            if self._account.live is not None:
                words.append(str(self._account.live))
        self._bar.set_postfix_str(", ".join(words))
