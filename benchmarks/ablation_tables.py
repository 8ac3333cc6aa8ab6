"""The tables of benchmarks/ablation.py beside those of the M3 paper (arXiv 2402.03216), and what the paper claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ablation_arms import Scale

Key = tuple[str, str, str]  # arm, what judged it, mode
MODE_TITLES = {
    "dense": "dense",
    "sparse": "sparse",
    "multi_vector": "multi-vec",
    "dense_sparse": "dense+sparse",
    "all": "all",
}
ALONE = {"dense": "dense_alone", "sparse": "sparse_alone", "multi_vector": "multivec_alone"}  # a head's mode -> its arm
# nDCG@10 of the paper's model
MIRACL = {"dense": 69.2, "sparse": 53.9, "multi_vector": 70.5, "dense_sparse": 70.4, "all": 71.5}
MLDR = {"dense": 52.5, "sparse": 62.2, "multi_vector": 57.6, "dense_sparse": 64.8, "all": 65.0}


@dataclass(frozen=True)
class Row:
    """A line of a table: an arm, what judged it, and what the paper has there, by mode."""

    label: str
    arm: str
    judged: str = "short"
    paper: Mapping[str, float] | None = None
    modes: Sequence[str] = tuple(MODE_TITLES)  # the others are left empty: their heads were not trained


@dataclass(frozen=True)
class Claim:
    """That `better` finds more than `worse`; `paper` is the difference there, None where it has no figure for it."""

    text: str
    better: Key
    worse: Key
    paper: float | None = None


@dataclass(frozen=True)
class Table:
    """One ablation."""

    title: str
    rows: Sequence[Row]
    claims: Sequence[Claim]


def make_tables(scale: Scale) -> list[Table]:
    """Return the tables in the order of the page; labels say the sizes of `scale`."""
    return [_distillation(), _heads(), _pretraining(), _long_documents(), _batch_size(scale), _negatives(scale)]


def _arms(text: str, better: str, worse: str, paper: Mapping[str, float | None]) -> list[Claim]:
    """Return the claim, for each mode of `paper`, that short documents are found better by one arm than another."""
    return [
        Claim(text.format(MODE_TITLES[mode]), (better, "short", mode), (worse, "short", mode), difference)
        for mode, difference in paper.items()
    ]


def _modes(arm: str, judged: str, paper: Mapping[str, float], pairs: Sequence[tuple[str, str]]) -> list[Claim]:
    """Return the claim, for each of `pairs`, that the first mode finds more than the second."""
    return [
        Claim(
            f"{MODE_TITLES[one]} finds more than {MODE_TITLES[other]} in {judged} documents",
            (arm, judged, one),
            (arm, judged, other),
            round(paper[one] - paper[other], 1),
        )
        for one, other in pairs
    ]


def _distillation() -> Table:
    without = {"dense": 68.7, "sparse": 36.7, "multi_vector": 69.3}
    gains = {mode: round(MIRACL[mode] - figure, 1) for mode, figure in without.items()}
    return Table(
        "Self-distillation (paper: MIRACL)",
        [
            Row("with", "full", paper={mode: MIRACL[mode] for mode in without}),
            Row("without", "no_distillation", paper=without),
        ],
        _arms("self-distillation improves {}", "full", "no_distillation", gains),
    )


def _heads() -> Table:
    order = [("dense", "sparse"), ("multi_vector", "dense"), ("dense_sparse", "dense")]
    order += [("all", "dense_sparse"), ("all", "multi_vector")]
    together: list[Claim] = []
    for mode, arm in ALONE.items():
        text = "{} is better trained together with the others than alone"
        together += _arms(text, "full", arm, {mode: None})
    return Table(
        "Heads trained together and alone, and fused in the search (paper: MIRACL)",
        [
            Row("untrained", "untrained"),
            Row("together", "full", paper=MIRACL),
            *(Row(f"{MODE_TITLES[mode]} alone", arm, modes=(mode,)) for mode, arm in ALONE.items()),
        ],
        [*_modes("full", "short", MIRACL, order), *together],
    )


def _pretraining() -> Table:
    longer = "pre-training improves {} more than as many further steps of fine-tuning"
    return Table(
        "Pre-training by titles (paper: MIRACL; with RetroMAE and 1.2 billion pairs, without either)",
        [
            Row("pre-trained only", "pretrained", modes=("dense",)),
            Row("fine-tuned only", "full", paper={"dense": 60.5}),
            Row("fine-tuned only, for the steps of both", "full_longer"),
            Row("pre-trained, then fine-tuned", "pretrained_full", paper={"dense": 69.2}),
        ],
        [
            *_arms("pre-training improves {}", "pretrained_full", "full", {"dense": 8.7}),
            *_arms(longer, "pretrained_full", "full_longer", {"dense": None}),
        ],
    )


def _long_documents() -> Table:
    trained, untrained = ("long_data", "long", "dense"), ("full", "long", "dense")
    order = [("sparse", "dense"), ("multi_vector", "dense"), ("all", "dense_sparse")]
    return Table(
        "Long documents in the training data, MCLS in the search; judged by long documents (paper: MLDR)",
        [
            Row("short alone", "full", "long", {"dense": 41.2}),
            Row("short alone, MCLS", "full", "long+mcls", {"dense": 45.0}),
            Row("with long", "long_data", "long", MLDR),
            Row("with long, MCLS", "long_data", "long+mcls", {"dense": 50.7}),
        ],
        [
            Claim("training on long documents improves dense in long documents", trained, untrained, 11.3),
            Claim(
                "MCLS helps a model trained on short documents alone", ("full", "long+mcls", "dense"), untrained, 3.8
            ),
            Claim("MCLS hurts a model trained on long ones too", trained, ("long_data", "long+mcls", "dense"), 1.8),
            *_modes("long_data", "long", MLDR, order),
        ],
    )


def _batch_size(scale: Scale) -> Table:
    size, steps, factor = scale.batch_size, scale.steps, scale.factor
    no_figures: dict[str, float | None] = dict.fromkeys(ALONE)
    small, usual, large = size // factor, size, size * factor
    same = "the same number of questions seen"
    return Table(
        "Batch size: questions in a batch, steps",
        [
            Row(f"{small} questions, {steps} steps", "small_batch"),
            Row(f"{small} questions, {steps * factor} steps", "small_batch_longer"),
            Row(f"{usual} questions, {steps} steps", "full"),
            Row(f"{large} questions, {steps // factor} steps", "large_batch"),
        ],
        [
            *_arms(f"{usual} instead of {small}, same steps, improve {{}}", "full", "small_batch", no_figures),
            *_arms(f"{usual} instead of {small}, {same}, improve {{}}", "full", "small_batch_longer", no_figures),
            *_arms(f"{large} instead of {usual}, {same}, improve {{}}", "large_batch", "full", no_figures),
        ],
    )


def _negatives(scale: Scale) -> Table:
    return Table(
        "Hard negatives",
        [Row("none", "full"), Row(f"{scale.negatives} a question, mined", "mined")],
        _arms("mined hard negatives improve {}", "mined", "full", dict.fromkeys(ALONE)),
    )
