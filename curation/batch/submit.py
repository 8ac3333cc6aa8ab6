"""Asks through OpenAI's Batch API: cheaper and slower than online, into the same ledger, with the same rows.

Requests go up as files, each file becomes a batch, and its results are read when it has ended, which may take a day.
What a batch asks stands in the ledger's file before the upload, the file's id before the batch is created, and the
batch's id at once after that: whatever ends this command, the next one collects what is at the endpoint, and nothing is
asked twice. One thing can be lost: when a command dies, or the connection breaks, between the endpoint's creating a
batch and our noting its id, the batch is looked for in the endpoint's list of batches; where an endpoint has no such
list, its requests are asked again, and may be charged twice.
"""

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from tqdm import tqdm

from curation.batch.api import FULL, BatchApi, BatchState, Stopped
from curation.batch.collect import Batch, Collecting
from curation.batch.files import Line, Queue, open_file, read_file
from curation.batch.records import BatchRecords, Record, Sent
from curation.batch.results import MISSING, Account, Reader, Result
from curation.llm.endpoint import Endpoint, scrub
from curation.llm.ledger import Ledger
from curation.llm.limits import Budget
from curation.llm.live import LiveChecks
from curation.llm.requests import Request
from curation.llm.settings import Settings, Tally
from data.errors import InputError, Interrupted, RunError

_MOST_REQUESTS = 50_000  # the API's limits of one file
_MOST_BYTES = 200_000_000
_BATCHES_AT_ONCE = 50  # each keeps a file open
_BATCHES_PER_REQUEST = 8  # for one that fails, or is not come to; as many as it has tries online
_BATCHES_UNPROVEN = 3  # as long as nothing was ever answered
_REQUESTS_AT_ONCE = 500
_LOOK_SECONDS = 0.05
_LEAVE_SECONDS = 5.0  # after Ctrl-C, for the step that is under way


def ask_in_batches(
    requests: Iterator[Request],
    settings: Settings,
    requests_per_batch: int,
    budget: Budget,
    ledger: Ledger,
    total: int,
    done: int,
) -> Tally:
    """Ask `requests` in batches of at most `requests_per_batch`; of `total`, `done` are answered already.

    Every request in a batch counts against `budget` with the most it can take until its result is read. Ctrl-C sets
    `Tally.stopped` and leaves the batches at the endpoint, for the next command to collect. Expected ends stand in the
    `Tally`; raises what was not expected.
    """
    live = LiveChecks(settings.reject) if settings.reject else None
    account = Account(model=settings.plan.model, tally=Tally(), budget=budget, live=live, proven=done > 0)
    stop = threading.Event()

    def work() -> None:
        endpoint = settings.plan.endpoints[0]
        with _connect(settings, endpoint, stop) as api, _bar(total, done) as bar, live or contextlib.nullcontext():
            asking = _Asking(Collecting(api, ledger, bar, account), requests, account, requests_per_batch)
            try:
                asking.run()
            except (InputError, RunError) as error:
                account.tally.failure = error

    account.tally.stopped = _run_until_stopped(work, stop)
    return account.tally


def collect_batches(settings: Settings, ledger: Ledger) -> bool:
    """Put the results of batches that earlier commands left at these endpoints into the ledger; waits for those that
    still run, since what is in them must not be asked again. Returns whether there were any.

    What they did not answer, and batches that were never begun, are left for the caller to ask. Raises `Interrupted`
    after Ctrl-C, and `InputError` or `RunError` when the endpoint cannot be asked, or does not know a batch any more.
    """
    records, stop, any_left = BatchRecords(ledger), threading.Event(), False
    for endpoint in settings.plan.endpoints:
        left = records.left_over(endpoint.base_url)
        any_left = any_left or bool(left)

        def work(endpoint: Endpoint = endpoint, left: list[Record] = left) -> None:
            total = sum(record.requests for record in left)
            with _connect(settings, endpoint, stop) as api, _bar(total, 0) as bar:
                Collecting(api, ledger, bar, None).collect(left)

        if left and _run_until_stopped(work, stop):
            raise Interrupted(f"batches are under way at {endpoint.base_url}; run the same command again to go on.")
    return any_left


class _Asking:
    """Puts requests into batches, again where they failed, until all have their end."""

    def __init__(self, collecting: Collecting, requests: Iterator[Request], account: Account, most_requests: int):
        self._collecting = collecting
        self._api = collecting.api
        self._records = collecting.records
        self._account = account
        self._folder = collecting.ledger.path.parent
        self._queue = Queue(requests, account, self._folder)
        self._most_requests = min(most_requests, _MOST_REQUESTS)
        self._waiting: deque[Batch] = deque()  # uploaded, for when the endpoint has room

    def run(self) -> None:
        """Ask everything; raises what ends it early, with batches left at the endpoint."""
        collecting = self._collecting
        try:
            while True:
                while not self._waiting and len(collecting.running) < _BATCHES_AT_ONCE and self._send():
                    pass
                if not collecting.running and not self._waiting:
                    return
                made_room = [self._end(batch) for batch in collecting.wait()]
                if any(made_room) or not collecting.running:
                    for _ in range(len(self._waiting)):
                        self._create(self._waiting.popleft())
        finally:
            self._account.tally.over_budget = self._queue.over

    def _send(self) -> bool:
        """Upload what fits into one file and begin its batch; return whether there was anything."""
        file, record, part = open_file(self._folder), None, list[Sent]()
        try:
            for line in self._queue.take(self._most_requests, _MOST_BYTES):
                record = record or self._records.begin(self._api.endpoint.base_url, self._account.model)
                file.write(line.data)
                part.append(line.sent)
                if len(part) == _REQUESTS_AT_ONCE:
                    self._records.add(record, part)
                    part = []
            if record is None:
                file.close()
                return False
            self._records.add(record, part)
            record.file_id = self._api.upload(file)
        except BaseException:
            if record is not None:
                self._records.remove(record)
            raise
        self._create(Batch(record=record, state=BatchState("", ""), file=file))
        return True

    def _create(self, batch: Batch) -> None:
        """Begin the batch of an uploaded file; at every moment the ledger knows what a later command must look for."""
        assert batch.record.file_id is not None
        self._records.note_ids(batch.record)
        batch.state = self._api.create(batch.record.file_id)
        batch.record.batch_id = batch.state.batch_id
        self._records.note_ids(batch.record)
        self._collecting.running.append(batch)

    def _end(self, batch: Batch) -> bool:
        """Read a batch that has ended; return whether that made room for others."""
        where, name = self._api.endpoint.base_url, scrub(batch.state.batch_id, self._api.key)
        if batch.state.status == "failed" and self._is_full(batch):
            batch.record.batch_id = None
            self._records.note_ids(replace(batch.record, file_id=None))  # there is nothing to be looked for
            self._waiting.append(batch)
            return False
        reader = self._collecting.read(batch)
        self._account.proven = self._account.proven or reader.any_answered
        self._sort_out(batch, reader)
        self._records.remove(batch.record)
        if reader.stop is not None:
            raise reader.stop
        if batch.state.status == "cancelled":
            raise RunError(f"the batch {name} was cancelled at {where}.")
        if batch.state.status == "failed":
            raise self._failure(batch)
        if reader.refused and not self._account.proven:
            refused = next(iter(reader.refused.values()))
            self._account.tally.refused_all = True
            model = self._account.model
            raise InputError(f"{where} refuses what it is asked, model {model}: {refused.message}.")
        if self._account.tally.unanswered and not self._account.proven:
            trouble = self._account.tally.last_trouble
            raise RunError(f"{where} answers none of the requests in its batches: {trouble}.")
        return True

    def _is_full(self, batch: Batch) -> bool:
        """Return whether a batch failed because of others of ours that go on."""
        others = bool(self._collecting.running)
        return others and any(code == FULL for code, _ in batch.state.errors)

    def _failure(self, batch: Batch) -> RunError:
        told = "; ".join(f"{code}: {message}" for code, message in batch.state.errors[:3]) or "no reason given"
        hint = "lower --batch-requests"
        if any(code == FULL for code, _ in batch.state.errors):
            hint += ", or wait until other batches of the account have ended"
        where, said = self._api.endpoint.base_url, scrub(told, self._api.key)
        return RunError(f"{where} does not take the batch of {batch.record.requests:,} requests ({said}): {hint}.")

    def _sort_out(self, batch: Batch, reader: Reader) -> None:
        """Decide what becomes of the requests that have no end yet: asked again, or given up."""
        assert batch.file is not None
        with batch.file as file:
            self._queue.ask_again(self._unsettled(batch.record, file, reader))

    def _unsettled(self, record: Record, file: BinaryIO, reader: Reader) -> Iterator[Line]:
        """Settle what has no answer, and give what is to be asked again."""
        tally = self._account.tally
        most_tries = _BATCHES_PER_REQUEST if self._account.proven else _BATCHES_UNPROVEN
        for lines in read_file(file):
            failed: list[tuple[Sent, str]] = []
            for key, sent in self._records.find(record, lines).items():
                if reader.settled(key):
                    continue
                result = reader.failures.get(key) or reader.refused.get(key) or Result(key, "late", MISSING)
                self._account.give_back(sent, charged=result.kind == "malformed")
                if result.kind in ("refused", "stop_input", "stop_run"):  # the end of this command says it
                    continue
                tally.last_trouble = scrub(result.message, self._api.key)
                if sent.tries + 1 < most_tries:
                    yield Line(sent._replace(tries=sent.tries + 1), lines[key])
                elif result.kind == "late" or not self._account.proven:  # nothing was found wrong with it
                    tally.unanswered += 1
                else:
                    failed.append((sent, tally.last_trouble))
            reader.write_failed(failed)
            tally.failed += len(failed)
            for sent, _ in failed:
                self._account.check(sent, None)


def _connect(settings: Settings, endpoint: Endpoint, stop: threading.Event) -> BatchApi:
    return BatchApi(endpoint, settings.plan.model, settings.api_key, settings.timeout_seconds, stop)


def _bar(total: int, done: int) -> "tqdm[None]":
    return tqdm(total=total, initial=done, unit="request", desc="asking in batches", file=sys.stderr)


def _run_until_stopped(work: Callable[[], None], stop: threading.Event) -> bool:
    """Call `work` in a thread of its own, which works in Jupyter too, and return whether Ctrl-C ended it.

    Ctrl-C sets `stop` and leaves when the step under way is done, or takes too long; a second one leaves at once.
    """
    ended: list[bool] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with contextlib.suppress(Stopped):
                work()
        except BaseException as error:  # raised again by the thread that waits
            errors.append(error)
        finally:
            ended.append(True)

    threading.Thread(target=run, name="batches", daemon=True).start()
    leave_at: float | None = None
    while not ended and (leave_at is None or time.monotonic() < leave_at):
        try:
            time.sleep(_LOOK_SECONDS)  # not a lock or an event: an interrupt inside one can leave it locked for ever
        except KeyboardInterrupt:
            stop.set()
            leave_at = time.monotonic() + (_LEAVE_SECONDS if leave_at is None else 0.0)
    if errors and leave_at is None:
        raise errors[0]
    return leave_at is not None
