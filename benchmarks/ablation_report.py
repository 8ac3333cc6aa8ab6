"""What benchmarks/ablation.py found: its tables as Markdown, and a sentence for each claim of the paper.

    findings = report(make_tables(scale), figures)

`figures` holds (arm, judged, mode) -> seed -> nDCG@10 in percent.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ablation_tables import MODE_TITLES, Claim, Key, Row, Table

Figures = dict[Key, dict[int, float]]
AGREES, DISAGREES, CANNOT_TELL = "agrees", "disagrees", "cannot tell"
CELLS = (
    "nDCG@10 in percent, mean over the languages: mean over the seeds (least-greatest) [in the paper, on its own data]."
)
SEEDS_NEEDED = 3  # two differences lie near each other by chance too often
RULE = (
    "agrees / disagrees: every seed's difference has the claimed / the opposite sign, and their mean is larger than"
    " the distance between the least and the greatest; cannot tell: otherwise."
)


@dataclass(frozen=True)
class Findings:
    """The tables and sentences, as text and for JSON."""

    markdown: str
    as_json: dict[str, Any]


def report(tables: Sequence[Table], figures: Figures) -> Findings:
    """Return what `figures` say so far; rows without figures are left out, and so are claims about them."""
    parts, claims = [], []
    for table in tables:
        rows = [row for row in table.rows if (row.arm, row.judged, row.modes[0]) in figures]
        tested = [check_claim(claim, figures) for claim in table.claims]
        found = [one for one in tested if one["differences"]]
        claims += [{"table": table.title, **one} for one in found]
        parts += [f"**{table.title}**", "", *_render_table(rows, figures), "", *map(_render_claim, found), ""]
    by_name = {" ".join(key): {str(seed): value for seed, value in sorted(row.items())} for key, row in figures.items()}
    return Findings("\n".join([CELLS, "", *parts, RULE, ""]), {"ndcg@10": by_name, "claims": claims, "rule": RULE})


def check_claim(claim: Claim, figures: Figures) -> dict[str, Any]:
    """Return the claim with its difference for each seed that has both figures, and the verdict (`judge`)."""
    better, worse = figures.get(claim.better, {}), figures.get(claim.worse, {})
    differences = {seed: better[seed] - worse[seed] for seed in sorted(better.keys() & worse.keys())}
    return {
        "claim": claim.text,
        "paper": claim.paper,
        "differences": {str(seed): value for seed, value in differences.items()},
        "verdict": judge(list(differences.values())),
    }


def judge(differences: Sequence[float]) -> str:
    """Return what the differences of the seeds, claimed to be positive, say of the claim: see `RULE`."""
    if len(differences) < SEEDS_NEEDED:
        return CANNOT_TELL
    low, high, mean = min(differences), max(differences), statistics.mean(differences)
    if low * high <= 0 or abs(mean) <= high - low:
        return CANNOT_TELL
    return AGREES if mean > 0 else DISAGREES


def _render_table(rows: Sequence[Row], figures: Figures) -> list[str]:
    lines = ["| | " + " | ".join(MODE_TITLES.values()) + " |", "|---|" + "--:|" * len(MODE_TITLES)]
    for row in rows:
        cells = [_render_cell(row, figures[row.arm, row.judged, mode], mode) for mode in MODE_TITLES]
        lines.append(f"| {row.label} | " + " | ".join(cells) + " |")
    return lines


def _render_cell(row: Row, by_seed: dict[int, float], mode: str) -> str:
    """Return mean, smallest and largest, then the paper's figure; a head that was not trained has none."""
    if mode not in row.modes:
        return ""
    values = list(by_seed.values())
    paper = f" [{row.paper[mode]}]" if row.paper and mode in row.paper else ""
    return f"{statistics.mean(values):.1f} ({min(values):.1f}-{max(values):.1f}){paper}"


def _render_claim(tested: dict[str, Any]) -> str:
    values = list(tested["differences"].values())
    paper = "no figure in the paper" if tested["paper"] is None else f"paper {tested['paper']:+.1f}"
    return (
        f"- {tested['verdict']}: {tested['claim']} ({statistics.mean(values):+.1f}, seeds {min(values):+.1f} to"
        f" {max(values):+.1f}; {paper})"
    )
