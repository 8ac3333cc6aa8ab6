"""Every answer that was paid for, kept raw in one SQLite file: what stands here is never asked again.

An answer is identified by the digest of (endpoint, complete request body, sample number). Rows are only ever added:
what was refused, failed or was cut off stays when it is asked again, so that what was paid stays countable. Several
runs, and several processes at the same time, may share one file on a local disk. It holds no key and no header of any
request.

Durability: the file is in WAL mode with synchronous=FULL. After `write` returns, an answer survives a killed process
and also a power failure; a commit costs about a millisecond, and answers that arrive while one is under way share the
next.
"""

import contextlib
import dataclasses
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from curation.llm.completion import Completion, read_completion
from data.errors import InputError, RunError

ANSWER = "answer"  # a chat completion, whatever its quality
REFUSED = "refused"  # the endpoint refuses this very request (its content or length) while it answers others
FAILED = "failed"  # it failed again and again while others were answered
MALFORMED = (
    "malformed"  # status 200 without a chat completion: kept because it may have cost something, and asked again
)
CUT_OFF = "length"  # the finish reason of an answer that reached its bound

_SCHEMA_VERSION = 2
_LOCK_SECONDS = 60.0
_KEYS_AT_ONCE = 500  # SQLite takes at least 999 parameters in one statement
_COLUMNS = (
    "key",
    "sample",
    "endpoint",
    "model_asked",
    "prompt",
    "prompt_digest",
    "state",
    "response",
    "finish_reason",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "seconds",
    "time",
)
_CREATE = """
create table if not exists answers (
    id integer primary key, key text not null, sample integer not null, endpoint text not null,
    model_asked text not null, prompt text not null, prompt_digest text not null, state text not null,
    response text not null, finish_reason text, model text, prompt_tokens integer, completion_tokens integer,
    seconds real not null, time real not null
);
create index if not exists answers_by_key on answers (key);
create table if not exists schemas (
    endpoint text, model_asked text, offered integer, primary key (endpoint, model_asked)
);
"""
_INSERT = f"insert into answers ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"
_SUMMARY = f"""
select model_asked, prompt, endpoint, sum(state = '{ANSWER}' and finish_reason is not '{CUT_OFF}'),
    sum(state = '{ANSWER}' and finish_reason is '{CUT_OFF}'), sum(state = '{REFUSED}'),
    sum(state in ('{FAILED}', '{MALFORMED}')), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
from answers group by model_asked, prompt, endpoint order by 1, 2, 3
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row to be written: a raw response and what it answers.

    `seconds` is how long it took, `sample` counts from 0.
    """

    key: str
    endpoint: str
    model_asked: str
    prompt: str
    prompt_digest: str
    state: str
    response: str
    seconds: float
    sample: int = 0
    read: Completion | None = None
    """What was read of `response`, where that has been done already."""


@dataclass(frozen=True)
class Kept:
    """What the ledger holds for a request: `state`, the raw `response`, and when it came (seconds since 1970).

    The tokens are those of all tries that were paid for, None where no endpoint counted them.
    """

    key: str
    state: str
    response: str
    finish_reason: str | None
    time: float
    prompt_tokens: int | None
    completion_tokens: int | None

    @property
    def answered_at(self) -> datetime:
        """When it came, to the millisecond."""
        return datetime.fromtimestamp(round(self.time, 3), UTC)

    @property
    def complete(self) -> bool:
        """Whether it is an answer that came to its own end."""
        return self.state == ANSWER and self.finish_reason != CUT_OFF


def paid_together(best: Kept, *tries: Kept) -> Kept:
    """Return `best` with the tokens of all `tries`."""
    sums = [
        sum(counts) if (counts := [count for count in column if count is not None]) else None
        for column in zip(*((each.prompt_tokens, each.completion_tokens) for each in tries), strict=True)
    ]
    return dataclasses.replace(best, prompt_tokens=sums[0], completion_tokens=sums[1])


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What the ledger holds of one model, instruction and endpoint: answers by how they ended, and their tokens."""

    model_asked: str
    prompt: str
    endpoint: str
    complete: int
    cut_off: int
    refused: int
    failed: int
    prompt_tokens: int
    completion_tokens: int


class Ledger:
    """The file of paid answers. Usable from several threads; a context manager that closes the file."""

    def __init__(self, path: Path):
        """Open the ledger at `path`, made if it is missing; raises `InputError` if the file is something else."""
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (sqlite3.Error, OSError) as error:
            raise InputError(f"cannot open the ledger {path}: {error}. Name another file with --ledger.") from None
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise InputError(f"{path} cannot be used as a ledger: {error}. Name another file with --ledger.") from None

    def _prepare(self) -> None:
        for attempt in range(50):
            try:
                self._connection.execute("pragma journal_mode = wal")
                break
            except sqlite3.OperationalError:  # turning WAL on does not wait for other processes by itself
                if attempt == 49:
                    raise
                time.sleep(0.1)
        self._connection.execute("pragma synchronous = full")
        with self.transaction() as connection:
            version = connection.execute("pragma user_version").fetchone()[0]
            tables = connection.execute("select count(*) from sqlite_master where type = 'table'").fetchone()[0]
            if version > _SCHEMA_VERSION or (version == 0 and tables):
                raise sqlite3.DatabaseError("it is a database of another program or a later version")
            if version == 1:  # it kept one row for each key
                connection.execute("alter table answers rename to answers_1")
            for statement in _CREATE.split(";"):
                connection.execute(statement)
            if version == 1:
                names = ", ".join(_COLUMNS)
                connection.execute(f"insert into answers ({names}) select {names} from answers_1 order by time")
                connection.execute("drop table answers_1")
            connection.execute(f"pragma user_version = {_SCHEMA_VERSION}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection in a transaction of its own: all of the block is on the disk at its end, or nothing."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have rolled back already
                    self._connection.execute("rollback")
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def write(self, entries: Sequence[Entry]) -> None:
        """Write `entries` in one transaction; when this returns they are on the disk.

        Raises `RunError` if that fails.
        """
        rows = []
        for entry in entries:
            read = entry.read or (read_completion(entry.response) if entry.state == ANSWER else None)
            known = (
                (read.finish_reason, read.model, read.prompt_tokens, read.completion_tokens) if read else (None,) * 4
            )
            head = (entry.key, entry.sample, entry.endpoint, entry.model_asked, entry.prompt, entry.prompt_digest)
            rows.append((*head, entry.state, entry.response, *known, entry.seconds, time.time()))
        try:
            with self.transaction() as connection:
                connection.executemany(_INSERT, rows)
        except sqlite3.Error as error:
            raise RunError(
                f"cannot write to the ledger {self.path}: {error}. Answers up to here are kept; make room, or wait "
                "until no other program holds the file, and run the same command again."
            ) from error

    def answered(self, keys: Iterable[str], complete_only: bool = False) -> set[str]:
        """Return those of `keys` that need not be asked: they have an answer, were refused or failed; with
        `complete_only` those whose answer came to its end.
        """
        return {
            key
            for key, state, finish in self._select("key, state, finish_reason", list(keys))
            if not complete_only or (state == ANSWER and finish != CUT_OFF)
        }

    def find(self, keys: Iterable[str]) -> dict[str, Kept]:
        """Return what is held for those of `keys` that need not be asked: the first complete answer of each, else what
        came last.
        """
        found: dict[str, Kept] = {}
        columns = "key, state, response, finish_reason, time, prompt_tokens, completion_tokens"
        for row in self._select(columns, list(keys)):
            kept = Kept(*row)
            before = found.get(kept.key)
            found[kept.key] = (
                kept if before is None else paid_together(before if before.complete else kept, before, kept)
            )
        return found

    def mean_tokens(self, model_asked: str, prompt_digest: str) -> tuple[int, float | None, float | None]:
        """Return how many answers a model gave to an instruction, and their mean prompt and answer tokens."""
        statement = (
            "select count(*), avg(prompt_tokens), avg(completion_tokens) from answers"
            " where model_asked = ? and prompt_digest = ? and state = ?"
        )
        with self._lock:
            count, prompt, completion = self._connection.execute(
                statement, (model_asked, prompt_digest, ANSWER)
            ).fetchone()
        return count, prompt, completion

    def offers_schemas(self, endpoint: str, model_asked: str) -> bool | None:
        """Return whether an endpoint was found to keep to a JSON schema with a model; None: it was not tried."""
        with self._lock:
            row = self._connection.execute(
                "select offered from schemas where endpoint = ? and model_asked = ?", (endpoint, model_asked)
            ).fetchone()
        return bool(row[0]) if row else None

    def note_schemas(self, endpoint: str, model_asked: str, offered: bool) -> None:
        """Record whether an endpoint keeps to a JSON schema with a model."""
        with self.transaction() as connection:
            connection.execute("insert or replace into schemas values (?, ?, ?)", (endpoint, model_asked, offered))

    def holdings(self) -> list[Holding]:
        """Return what is held by model, instruction and endpoint."""
        names = [field.name for field in dataclasses.fields(Holding)]
        with self._lock:
            rows = self._connection.execute(_SUMMARY).fetchall()
        return [Holding(**dict(zip(names, row, strict=True))) for row in rows]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give every row as it stands, in the order in which they came."""
        last = 0
        while True:
            with self._lock:
                part = self._connection.execute(
                    f"select id, {', '.join(_COLUMNS)} from answers where id > ? order by id limit {_KEYS_AT_ONCE}",
                    (last,),
                ).fetchall()
            if not part:
                return
            last = part[-1][0]
            yield from (dict(zip(_COLUMNS, row[1:], strict=True)) for row in part)

    def _select(self, columns: str, keys: list[str]) -> Iterator[tuple[Any, ...]]:
        """Give `columns` of the rows of `keys` that are answers, refusals or failures, as they came for each key."""
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = keys[start : start + _KEYS_AT_ONCE]
            marks = ", ".join("?" * len(part))
            statement = f"select {columns} from answers where key in ({marks}) and state != '{MALFORMED}' order by id"
            try:
                with self._lock:
                    rows = self._connection.execute(statement, part).fetchall()
            except sqlite3.Error as error:
                raise RunError(f"cannot read the ledger {self.path}: {error}.") from error
            yield from rows
