"""m3-curate: the command line. Each subcommand is a stage, and a function that a notebook can call with the same
configuration.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from curation.command_config import ExpandConfig, ExportConfig, InspectConfig, LedgerConfig, PushConfig, VerifyConfig
from curation.config import (
    RunConfig,
    SampleConfig,
)
from curation.recorded import SECTIONS, read_recorded
from data.errors import InputError, RunError, printable, run_command

USAGE = """usage: m3-curate COMMAND [options]        (m3-curate COMMAND --help lists the options)

  run        documents -> a curated data set: all the stages below, each skipped where it is done
  sample     read the sources and take documents by language and length
  split      find near-duplicates, and deal the documents to train, dev and test
  estimate   say what generate would cost, without sending anything
  generate   ask a question about every passage; what was paid for is never asked again
  filter     drop the questions that are not worth training on
  dedup      drop questions that were asked already, and write the data set
  judge      have an LLM grade the questions that are left, and write the data set anew
  export     write the data set in another tool's layout
  verify     prove that nothing leaks between splits and that every reference and figure is true
  push       verify the data set and upload it to the Hugging Face hub
  inspect    print the figures of a run and write its report.html anew

  prompts    list the bundled instructions
  ledger     show what was paid for, and export it
  expand     ask for extra texts for queries (HyDE, paraphrases) or documents (summaries)

A stage works on the run's folder (--out) and does what is missing before it; its options default to those that
the run was started with.
"""
_STAGES: dict[
    str, tuple[str, tuple[str, ...]]
] = {  # command -> last stage to do, sections of the configuration it takes
    "sample": ("sample", ("sample",)),
    "split": ("split", ("split",)),
    "estimate": ("passages", ("passages", "generate", "judge")),
    "generate": ("generate", ("passages", "generate")),
    "filter": ("filter", ("filter",)),
    "dedup": ("dedup", ("dedup",)),
    "judge": ("judge", ("generate", "judge")),
}
_MARKERS = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff)
_Out = Annotated[Path, tyro.conf.arg(help="Folder of the run.")]
_Overwrite = Annotated[
    bool, tyro.conf.arg(help="Replace stages that were made with another configuration; paid answers are kept.")
]


def say(line: str) -> None:
    """Print one line of progress; it comes between the bars of two stages, never into one."""
    print(printable(line), file=sys.stderr, flush=True)


def show(lines: list[str]) -> None:
    """Print the result of a command."""
    print(printable("\n".join(lines)))


def run(config: RunConfig) -> None:
    """Do every stage that is not done yet, and write the report."""
    from curation import pipeline, report

    pipeline.run(config, say)
    show(report.write_report(InspectConfig(out=config.out)))


def run_stage(command: str, config: RunConfig) -> None:
    """Do the stages up to the one that `command` names."""
    from curation import pipeline
    from curation.estimate import estimate_cost, estimate_judge

    if command == "judge" and config.judge.judge_model is None:
        raise InputError("a judge is asked by its name: add --judge-model")
    with pipeline.open_run(config):
        outputs = pipeline.run_stages(config, _STAGES[command][0], say)
        if command == "estimate":
            passages, ledger_file = outputs["passages"].table, pipeline.ledger_path(config)
            estimate = estimate_cost(passages, config.generate, ledger_file, config.seed)
            show([*estimate.lines(), *estimate_judge(passages, _left(config), config, ledger_file)])
        if command == "dedup" and config.judge.judge_model is not None:
            say(f"the questions that are left wait for their judge: m3-curate judge --out {config.out}")
        elif command in ("dedup", "judge"):
            show([f"data set: {pipeline.build_dataset(config, outputs).path}"])


def _left(config: RunConfig) -> Any:
    """Return the questions that wait for a judge, None where the stages before are not finished."""
    from curation import pipeline
    from curation.engine import read_stage

    finished = read_stage(pipeline.stage_folder(config, "dedup"))
    return finished.table if finished else None


def export(config: ExportConfig) -> None:
    """Write the data set in another tool's layout."""
    from curation.export import export_dataset

    show([f"written: {export_dataset(config, say)}"])


def verify(config: VerifyConfig) -> None:
    """Check a finished data set; raises `RunError` when something is not as promised."""
    from curation.verify import verify_dataset
    from data.files import write_json

    report = verify_dataset(config.path, near_documents=not config.skip_near_documents)
    if config.json:
        write_json(config.json, report.as_json())
    show(report.lines(config.examples))
    if report.violations:
        count = len(report.violations)
        raise RunError(f"{report.path} is not as it promises: {count:,} violation{'s' * (count != 1)}")


def push(config: PushConfig) -> None:
    """Upload the data set to the hub."""
    from curation.push import push_dataset

    show([f"uploaded: {push_dataset(config, say)}"])


def inspect(config: InspectConfig) -> None:
    """Print the figures of a run and write report.html."""
    from curation.report import write_report

    show(write_report(config))


def ledger(config: LedgerConfig) -> None:
    """Show what was paid for, and export it."""
    from curation.ledger_view import show_ledger

    show(show_ledger(config))


def expand(config: ExpandConfig) -> None:
    """Ask for extra texts for queries or documents."""
    from curation.expand import expand_texts

    show([f"written: {expand_texts(config, say)}"])


def list_prompts() -> None:
    """Print the bundled instructions."""
    import prompts

    show([f"{prompt.name:18}{prompt.takes:10}{prompt.about}" for prompt in prompts.bundled()])


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says and return the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    command, rest = (given[0], given[1:]) if given else ("", [])
    if command in ("", "-h", "--help"):
        print(USAGE)
        return 0 if command else 2
    return run_command(lambda: _dispatch(command, rest))


def _dispatch(command: str, rest: list[str]) -> None:
    if command == "run":
        recorded = None if "--source" in rest else read_recorded(_out_of(rest))
        run(_parse(command, RunConfig, rest, recorded))
    elif command in _STAGES:
        run_stage(command, _parse_stage(command, rest))
    elif command == "export":
        export(_parse(command, ExportConfig, rest))
    elif command == "verify":
        verify(_parse(command, VerifyConfig, _with_path(rest)))
    elif command == "push":
        push(_parse(command, PushConfig, rest))
    elif command == "inspect":
        inspect(_parse(command, InspectConfig, rest))
    elif command == "ledger":
        ledger(_parse(command, LedgerConfig, rest))
    elif command == "expand":
        expand(_parse(command, ExpandConfig, rest))
    elif command == "prompts":
        if rest and rest[0] not in ("-h", "--help"):
            raise InputError(f"m3-curate prompts takes no options; {rest[0]!r} was given")
        list_prompts()
    else:
        raise InputError(f"there is no command {command!r}\n\n{USAGE}")


def _parse_stage(command: str, rest: list[str]) -> RunConfig:
    """Return the run's recorded configuration with what the command line changes of the stage's own sections."""
    recorded, sections = read_recorded(_out_of(rest)), _STAGES[command][1]
    if command == "sample" and (recorded is None or "--source" in rest):
        type_ = dataclasses.make_dataclass(
            "sample",
            [("out", _Out), ("sample", SampleConfig), ("seed", int, 0), ("overwrite", _Overwrite, False)],
            kw_only=True,
        )
        return RunConfig(**vars(_parse(command, type_, rest)))
    if recorded is None and not {"-h", "--help"} & set(rest):
        raise InputError(
            f"{_out_of(rest) or 'the run'} holds no run yet (--out); start it with m3-curate run or m3-curate sample"
        )
    fields: list[Any] = [("out", _Out)]
    for section in sections:
        default = getattr(recorded, section) if recorded else SECTIONS[section]()
        fields.append((section, SECTIONS[section], dataclasses.field(default=default)))
    type_ = dataclasses.make_dataclass(command, [*fields, ("overwrite", _Overwrite, False)], kw_only=True)
    parsed = _parse(command, type_, rest)
    assert recorded
    return dataclasses.replace(recorded, **vars(parsed))


def _parse(command: str, type_: Any, rest: list[str], default: Any = None) -> Any:
    options = {"default": default} if default is not None else {}
    return tyro.cli(type_, prog=f"m3-curate {command}", args=rest, config=_MARKERS, **options)


def _with_path(rest: list[str]) -> list[str]:
    """Return the options with the folder of --out or --dataset, which other commands take, as verify's own argument."""
    for name in ("--out", "--dataset"):
        rest = [part.removeprefix(f"{name}=") for part in rest if part != name]
    return rest


def _out_of(rest: list[str]) -> Path | None:
    """Return the value of --out, which is needed before the command line can be read with the run's own defaults."""
    for number, argument in enumerate(rest):
        if argument == "--out" and number + 1 < len(rest):
            return Path(rest[number + 1])
        if argument.startswith("--out="):
            return Path(argument.removeprefix("--out="))
    return None


if __name__ == "__main__":
    sys.exit(main())
