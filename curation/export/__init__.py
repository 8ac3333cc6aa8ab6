"""The curated data set in other tools' layouts, one module each: files that those tools load unchanged.

`export_dataset(config)` writes DIR/export/FORMAT, and about/export.json in it: what was written, and what was left out.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from curation.command_config import ExportConfig
from curation.export.beir import write_beir
from curation.export.colbert import write_colbert
from curation.export.flagembedding import write_flagembedding
from curation.export.mldr import write_mldr
from curation.export.sentence_transformers import write_sentence_transformers
from curation.export.source import Account, Source, open_source
from data.dataset import load_curated
from data.errors import InputError
from data.files import atomic_folder, write_json

LAYOUTS: dict[str, Callable[[Path, Source, Account], None]] = {
    "mldr": write_mldr,
    "flagembedding": write_flagembedding,
    "sentence-transformers": write_sentence_transformers,
    "beir": write_beir,
    "colbert": write_colbert,
}
# Tells a folder that an export may replace from one that is somebody's. Not at the top: FlagEmbedding takes every .json
# of a folder for training data.
_MARK = Path("about") / "export.json"
_EARLIER_MARK = "export.json"


def export_dataset(config: ExportConfig, say: Callable[[str], None] = lambda line: None) -> Path:
    """Write the data set of `config.out` in the asked layout and return the folder; replace an earlier export there.

    Raises `InputError` if the folder holds anything else, or if the data set has not what is asked for.
    """
    dataset = load_curated(config.out)
    target = config.to or _beside(dataset.path, config.out) / config.format
    if target.resolve().is_relative_to(dataset.path.resolve()):
        raise InputError(f"{target} lies in the data set, whose files are counted; choose another --to")
    if target.exists() and not (target.is_dir() and (not any(target.iterdir()) or _is_export(target))):
        raise InputError(f"{target} holds something else than an export of m3-curate; choose another --to")
    source = open_source(dataset, config)
    account = Account(config.format, source.languages, dataset.manifest.get("input"))
    with atomic_folder(target) as folder:
        LAYOUTS[config.format](folder, source, account)
        write_json(folder / _MARK, asdict(account))
    for reason, count in account.left_out.items():
        say(f"{count} {reason}")
    return target


def _beside(dataset: Path, out: Path) -> Path:
    """Return where exports go: into the run's folder, or beside a data set that was named itself."""
    return dataset.resolve().with_name(f"{dataset.resolve().name}-export") if dataset == out else out / "export"


def _is_export(folder: Path) -> bool:
    return (folder / _MARK).exists() or (folder / _EARLIER_MARK).exists()
