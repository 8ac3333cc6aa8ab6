"""What a batch asks, kept in the ledger's file from before the upload until its results are in the ledger.

A row of `batches` is one batch: it has no file id before its upload, and no batch id before it is created. The rows of
`batch_requests` say what its results answer, so that they can be kept whatever the configuration has become meanwhile.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from curation.llm.ledger import ANSWER, FAILED, REFUSED, Ledger
from data.errors import RunError

_KEYS_AT_ONCE = 500
_STALE_SECONDS = 2 * 86400.0  # no upload takes that long, and no other process reads results for that long
_CREATE = (
    """create table if not exists batches (
        id integer primary key, endpoint text not null, model_asked text not null, after integer not null,
        changed real not null, file_id text, batch_id text, collected integer not null default 0
    )""",
    """create table if not exists batch_requests (
        batch integer not null, key text not null, prompt text not null, prompt_digest text not null,
        sample integer not null, most_prompt_tokens integer not null, most_completion_tokens integer not null,
        subject integer not null, tries integer not null, primary key (batch, key)
    ) without rowid""",
)


class Sent(NamedTuple):
    """What is known of one request of a batch besides its body; `tries` counts the batches before this one that it was
    in, and `subject` means something to the command that sent it alone.
    """

    key: str
    prompt: str
    prompt_digest: str
    sample: int
    most_prompt_tokens: int
    most_completion_tokens: int
    subject: int
    tries: int


@dataclass(kw_only=True)
class Record:
    """One batch. `after`: the ledger's last row when it began; `changed`: when it last got
    an id, in seconds since 1970; `requests`: how many."""

    number: int
    model_asked: str
    after: int
    changed: float
    requests: int = 0
    file_id: str | None = None
    batch_id: str | None = None


class BatchRecords:
    """The batches in a ledger's file. Every method raises `RunError` where the file cannot be read or written."""

    def __init__(self, ledger: Ledger):
        self._ledger = ledger
        with self._transaction() as connection:
            for statement in _CREATE:
                connection.execute(statement)

    def begin(self, endpoint: str, model_asked: str) -> Record:
        """Record a batch of which nothing was sent yet."""
        changed = time.time()
        with self._transaction() as connection:
            (after,) = connection.execute("select coalesce(max(id), 0) from answers").fetchone()
            number = connection.execute(
                "insert into batches (endpoint, model_asked, after, changed) values (?, ?, ?, ?)",
                (endpoint, model_asked, after, changed),
            ).lastrowid
        assert number is not None
        return Record(number=number, model_asked=model_asked, after=after, changed=changed)

    def add(self, record: Record, requests: Sequence[Sent]) -> None:
        """Record requests of a batch."""
        marks = ", ".join("?" * (1 + len(Sent._fields)))
        with self._transaction() as connection:
            connection.executemany(
                f"insert into batch_requests (batch, {', '.join(Sent._fields)}) values ({marks})",
                [(record.number, *request) for request in requests],
            )
        record.requests += len(requests)

    def note_ids(self, record: Record) -> None:
        """Record the file id and the batch id that `record` holds."""
        record.changed = time.time()
        with self._transaction() as connection:
            connection.execute(
                "update batches set file_id = ?, batch_id = ?, changed = ? where id = ?",
                (record.file_id, record.batch_id, record.changed, record.number),
            )

    def remove(self, record: Record) -> None:
        """Forget a batch: its results are in the ledger, or there will be none."""
        with self._transaction() as connection:
            connection.execute("delete from batch_requests where batch = ?", (record.number,))
            connection.execute("delete from batches where id = ?", (record.number,))

    def mark_collected(self, record: Record) -> None:
        """Note that nobody has to wait for a batch any more. Its requests stay for a while: the process that sent it
        may still be running, and will want to know what its results answer.
        """
        with self._transaction() as connection:
            connection.execute("update batches set collected = 1 where id = ?", (record.number,))

    def left_over(self, endpoint: str) -> list[Record]:
        """Return the batches of `endpoint` that were uploaded and not collected; what is stale goes on the way."""
        with self._transaction() as connection:
            stale = "select id from batches where (collected or file_id is null) and changed < ?"
            before = (time.time() - _STALE_SECONDS,)
            connection.execute(f"delete from batch_requests where batch in ({stale})", before)
            connection.execute(f"delete from batches where id in ({stale})", before)
            rows = connection.execute(
                "select id, model_asked, after, changed, file_id, batch_id,"
                " (select count(*) from batch_requests where batch = batches.id) from batches"
                " where endpoint = ? and file_id is not null and not collected order by id",
                (endpoint,),
            ).fetchall()
        names = ("number", "model_asked", "after", "changed", "file_id", "batch_id", "requests")
        return [Record(**dict(zip(names, row, strict=True))) for row in rows]

    def forget(self, endpoint: str) -> int:
        """Drop all batches of `endpoint`, whose results are given up, and return how many requests were in them."""
        records = self.left_over(endpoint)
        for record in records:
            self.remove(record)
        return sum(record.requests for record in records)

    def find(self, record: Record, keys: Iterable[str]) -> dict[str, Sent]:
        """Return what was recorded of those of `keys` that are in the batch."""
        rows = self._select(
            f"select {', '.join(Sent._fields)} from batch_requests where batch = ? and key in", record.number, keys
        )
        return {row[0]: Sent(*row) for row in rows}

    def written(self, record: Record, keys: Iterable[str]) -> set[str]:
        """Return those of `keys` whose end was written to the ledger after the batch had begun."""
        states = f"'{ANSWER}', '{REFUSED}', '{FAILED}'"
        rows = self._select(
            f"select key from answers where id > ? and state in ({states}) and key in", record.after, keys
        )
        return {key for (key,) in rows}

    def _select(self, statement: str, number: int, keys: Iterable[str]) -> Iterator[Any]:
        wanted = list(keys)
        for start in range(0, len(wanted), _KEYS_AT_ONCE):
            part = wanted[start : start + _KEYS_AT_ONCE]
            with self._transaction() as connection:
                marks = ", ".join("?" * len(part))
                rows = connection.execute(f"{statement} ({marks})", (number, *part)).fetchall()
            yield from rows

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._ledger.transaction() as connection:
                yield connection
        except sqlite3.Error as error:
            raise RunError(f"cannot use the ledger {self._ledger.path}: {error}.") from error
