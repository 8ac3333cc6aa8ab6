"""Rows of Parquet files that others wrote, a few in memory at a time, however long their texts are."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import InputError

_ROWS_AT_ONCE = 16
_BUFFER_BYTES = 1 << 20  # of a column's bytes in the file: a row group of books would fill the memory


def read_columns(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[pa.Array]]]:
    """Yield the number of the first row (from 1) and the columns of a few rows; `document.text` names a nested one.

    Raises `InputError` when the file is damaged or lacks a column.
    """
    try:
        # What is read ahead stays in memory until the file is closed.
        with pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False) as opened:
            there = [opened.schema.column(number).path for number in range(len(opened.schema.names))]
            missing = [name for name in columns if name not in there]
            if missing:
                raise InputError(f"{file} has no column {missing[0]}; it has: {' '.join(there)}")
            first = 1
            for batch in opened.iter_batches(_ROWS_AT_ONCE, columns=list(columns)):
                batch.validate(full=True)  # or bytes that are no text would fail where they are looked at
                yield first, [_column(batch, name.split(".")) for name in columns]
                first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"{file} cannot be read as Parquet ({reason}); fetch it again") from error


def _column(batch: pa.RecordBatch, path: list[str]) -> pa.Array:
    column = batch.column(path[0])
    for name in path[1:]:
        column = column.field(name)
    return column
