"""m3-curate ledger: what was paid for, and a way to take it elsewhere."""

import json
from pathlib import Path

from curation.batch.records import BatchRecords
from curation.command_config import LedgerConfig
from curation.engine import progress
from curation.llm.ledger import Ledger
from curation.llm.limits import price
from curation.recorded import read_recorded
from data.errors import InputError
from data.files import atomic_path

_HEAD = ("model", "instruction", "complete", "cut off", "refused", "failed", "prompt tokens", "answer tokens", "cost")


def show_ledger(config: LedgerConfig) -> list[str]:
    """Return a table of what the ledger holds, and write its rows to `config.export` where that is given.

    Raises `InputError` when there is no such ledger.
    """
    with Ledger(find_ledger(config)) as ledger:
        lines = _table(ledger, config)
        if config.forget_batches is not None:
            given_up = BatchRecords(ledger).forget(config.forget_batches.rstrip("/"))
            lines.append(f"given up: {given_up:,} requests in batches at {config.forget_batches}")
        if config.export is not None:
            lines.append(f"written: {config.export} ({export_rows(ledger, config.export):,} rows)")
        return lines


def find_ledger(config: LedgerConfig) -> Path:
    """Return the file of the ledger that is meant."""
    if (config.ledger is None) == (config.out is None):
        raise InputError("name one ledger: --out DIR of a run, or --ledger FILE.")
    recorded = read_recorded(config.out)
    file = config.ledger or (recorded and recorded.generate.ledger) or Path(config.out or ".") / "ledger.sqlite"
    if not file.is_file():
        raise InputError(f"there is no ledger at {file}: no LLM has been asked there yet.")
    return file


def export_rows(ledger: Ledger, file: Path) -> int:
    """Write every row as one JSON object a line, atomically, and return how many there are."""
    count = 0
    with atomic_path(file) as temporary, temporary.open("w", encoding="utf-8") as lines:
        for row in progress(ledger.rows(), "exporting", "answer"):
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _table(ledger: Ledger, config: LedgerConfig) -> list[str]:
    rows: list[tuple[str, ...]] = [_HEAD]
    for part in ledger.holdings():
        cost = price(part.prompt_tokens, part.completion_tokens, config.price_in, config.price_out)
        numbers = (part.complete, part.cut_off, part.refused, part.failed, part.prompt_tokens, part.completion_tokens)
        model = f"{part.model_asked} at {part.endpoint}"
        rows.append(
            (model, part.prompt, *(f"{number:,}" for number in numbers), "-" if cost is None else f"{cost:.4f}")
        )
    if len(rows) == 1:
        return ["the ledger holds no answer yet"]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return [
        "  ".join(
            word.ljust(width) if column < 2 else word.rjust(width)
            for column, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
