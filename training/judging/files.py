"""What an evaluation writes beside its JSON file: OUT.json has a folder OUT.

OUT/questions.parquet      a row a question (training.judging.questions)
OUT/runs/LANG.MODE.trec    rankings, and
OUT/qrels/LANG.trec        judgements, as TREC tools read them (training.judging.trec); LANG.MODE.trec where documents
                           are judged by answers, for each mode those that it found
OUT/figures.png            the modes by language and by slice (training.judging.picture)
OUT/index                  encoded documents, while the evaluation runs and after it was stopped
"""

from pathlib import Path

from data.errors import InputError

QUESTIONS, RUNS, QRELS, PICTURE, INDEX = "questions.parquet", "runs", "qrels", "figures.png", "index"


def files_folder(out: Path) -> Path:
    """Return the folder for what an evaluation writes beside its JSON file `out`."""
    return out.with_suffix("") if out.suffix == ".json" else out.with_name(f"{out.name}.files")


def require_own_folder(out: Path) -> None:
    """Raise `InputError` where the folder beside `out` holds what no evaluation wrote: a data set or a model of that
    name, whose own `qrels` or `runs` would be replaced. What a killed evaluation left has a name with a dot first.
    """
    folder = files_folder(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {out}: {folder} is a file, and the folder for the rest has that name; name another")
    for path in (*folder.glob("[!.]*"), *(folder / RUNS).glob("*"), *(folder / QRELS).glob("*")):
        inside = path.parent != folder
        if path.suffix != ".trec" if inside else path.name not in (QUESTIONS, RUNS, QRELS, PICTURE, INDEX):
            raise InputError(
                f"--out {out}: its folder {folder} holds {path.relative_to(folder)}, which no evaluation wrote; name "
                f"another file, such as {out.with_name('evaluation.json')}"
            )
