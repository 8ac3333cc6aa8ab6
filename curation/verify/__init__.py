"""Proof of a finished data set: what it promises is checked on its own files, so that a stranger can do it as well.

`verify_dataset(path)` returns a `Report`; each check is one function in `files`, `rows`, `leaks` or `figures` that
yields what contradicts it. While files are missing or damaged, only the files are checked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.verify import figures, files, leaks, rows
from curation.verify.contents import Contents, Violation, read_contents
from curation.verify.files import Folder, Found, open_folder


@dataclass(frozen=True)
class Check:
    """A promise of every data set."""

    name: str
    about: str
    run: Callable[..., Found]


_FILE_CHECKS = (
    Check("manifest", "manifest.json is there and one of ours", files.check_manifest),
    Check("missing", "every file that the manifest counts rows of is there", files.check_missing),
    Check("damage", "every file can be read to its end", files.check_damage),
    Check("columns", "every file has the columns of its record", files.check_columns),
)
_FOREIGN = Check("foreign", "no other file lies in the folder", files.check_foreign)
_CHECKS = (
    Check("ids", "no two questions or documents share an id", rows.check_ids),
    Check("references", "every id that a question names is in the data set", rows.check_references),
    Check("languages", "every row is in its folder's language", rows.check_languages),
    Check("queries", "no question is empty", rows.check_queries),
    Check("parallel", "lists that go together are equally long", rows.check_parallel),
    Check("negatives", "no negative is a positive, akin to one, or of another split", rows.check_negatives),
    Check("evidence", "evidence offsets point at the passage that was recorded", rows.check_evidence),
    Check("texts", "texts agree with their ids and lengths", rows.check_texts),
    Check("splits", "a question stands in the split of its documents", leaks.check_splits),
    Check("clusters", "no near-duplicate cluster crosses splits", leaks.check_clusters),
    Check("groups", "no translation group crosses splits", leaks.check_groups),
    Check("documents", "no document stands in two splits under two ids", leaks.check_documents),
    Check("questions", "no question is asked twice, in two splits or in one", leaks.check_questions),
    Check("near_questions", "no question almost like one in another split", leaks.check_near_questions),
    Check("counts", "the manifest's counts are true", figures.check_counts),
    Check("written", "rows are those that were written", figures.check_written),
    Check("mined", "the manifest's numbers of mined negatives are true", figures.check_mined),
    Check("truncation", "the manifest's truncation figures are true", figures.check_truncation),
    Check("card", "the card says what the files hold", figures.check_card),
)
_NEAR = Check("near_documents", "no near-duplicates, searched anew, stand in two splits", leaks.check_near_documents)


@dataclass(frozen=True)
class Result:
    """What came of one check; `violations` is None where it could not be made, or was not asked for."""

    check: Check
    violations: list[Violation] | None

    @property
    def state(self) -> str:
        """Return ok, not checked, or the number of violations."""
        if self.violations is None:
            return "not checked"
        return f"{len(self.violations):,} violation{'s' * (len(self.violations) != 1)}" if self.violations else "ok"


@dataclass(frozen=True)
class Report:
    """What came of all checks of one data set."""

    path: Path
    results: list[Result]

    @property
    def violations(self) -> list[Violation]:
        """Return everything that was found."""
        return [found for result in self.results for found in result.violations or []]

    def lines(self, examples: int) -> list[str]:
        """Return a line for each check, and up to `examples` violations below it."""
        told = []
        for result in self.results:
            told.append(f"{result.check.name:15} {result.state:14} {result.check.about}")
            shown = (result.violations or [])[:examples]
            told += [f"    {found.place}: {found.detail}" for found in shown]
        return told

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values, every violation included."""
        checks = [
            {
                "check": result.check.name,
                "about": result.check.about,
                "checked": result.violations is not None,
                "violations": [{"place": found.place, "detail": found.detail} for found in result.violations or []],
            }
            for result in self.results
        ]
        return {"dataset": str(self.path), "violations": len(self.violations), "checks": checks}


def verify_dataset(path: Path, near_documents: bool = True) -> Report:
    """Check the data set at `path` (DIR or DIR/dataset); near-duplicates are searched anew if `near_documents`.

    Raises `InputError` when there is no folder.
    """
    folder = open_folder(path)
    results = [_result(check, folder) for check in (*_FILE_CHECKS, _FOREIGN)]
    whole = not any(result.violations for result in results if result.check is not _FOREIGN)
    contents = read_contents(folder) if whole else None
    for check in (*_CHECKS, _NEAR):
        asked = contents is not None and (near_documents or check is not _NEAR)
        results.append(_result(check, contents) if asked else Result(check, None))
    return Report(folder.path, results)


def _result(check: Check, subject: Folder | Contents | None) -> Result:
    return Result(check, [Violation(check.name, place, detail) for place, detail in check.run(subject)])
