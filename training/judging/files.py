"""What an evaluation writes beside its JSON file: OUT.json has a folder OUT.

OUT/questions.parquet      a row a question (training.judging.questions)
OUT/runs/LANG.MODE.trec    rankings, and
OUT/qrels/LANG.trec        judgements, as TREC tools read them (training.judging.trec)
OUT/figures.png            the modes by language and by slice (training.judging.picture)
"""

from pathlib import Path

QUESTIONS, RUNS, QRELS, PICTURE = "questions.parquet", "runs", "qrels", "figures.png"


def files_folder(out: Path) -> Path:
    """Return the folder for what an evaluation writes beside its JSON file `out`."""
    return out.with_suffix("") if out.suffix == ".json" else out.with_name(f"{out.name}.files")
