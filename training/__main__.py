"""The command `m3-train`: init, mine, teach, fit, fuse, evaluate, compare; each a function with a configuration."""

import contextlib
import importlib.util
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import tyro

from data.errors import InputError, Interrupted, RunError, run_command
from training.config import FitConfig, InitConfig
from training.evaluate_config import CompareConfig, EvaluateConfig, FuseConfig
from training.mine_config import MineConfig, TeachConfig

Config = InitConfig | MineConfig | TeachConfig | FitConfig | FuseConfig | EvaluateConfig | CompareConfig
Command = (
    Annotated[InitConfig, tyro.conf.subcommand("init")]
    | Annotated[MineConfig, tyro.conf.subcommand("mine")]
    | Annotated[TeachConfig, tyro.conf.subcommand("teach")]
    | Annotated[FitConfig, tyro.conf.subcommand("fit")]
    | Annotated[FuseConfig, tyro.conf.subcommand("fuse")]
    | Annotated[EvaluateConfig, tyro.conf.subcommand("evaluate")]
    | Annotated[CompareConfig, tyro.conf.subcommand("compare")]
)


def main() -> None:
    """Run the subcommand that the command line names and exit with its status."""
    with contextlib.ExitStack() as stack:
        if os.environ.get("RANK", "0") != "0":  # of several processes one says what is wrong with the command line
            silence = stack.enter_context(Path(os.devnull).open("w"))
            stack.enter_context(contextlib.redirect_stdout(silence))
            stack.enter_context(contextlib.redirect_stderr(silence))
        config: Config = tyro.cli(
            Command,  # type: ignore[arg-type]
            prog="m3-train",
            description="From a curated data set to a fine-tuned M3.",
        )
    sys.exit(run_command(lambda: _run(config)))


def _run(config: Config) -> None:
    # Imported here: torch and transformers take seconds, and --help must not wait for them.
    if isinstance(config, CompareConfig):
        from training.compare import compare

        return compare(config)
    _require_training_libraries()
    _quieten_libraries()
    if isinstance(config, InitConfig):
        from training.init import init

        if config.corpus:
            print("training a tokenizer; this takes a minute or two for a large corpus", file=sys.stderr)
        init(config)
        print(f"{config.out} holds the new model")
    elif isinstance(config, MineConfig):
        from training.mine import mine

        mine(config)
    elif isinstance(config, TeachConfig):
        from training.teach import teach

        teach(config)
    elif isinstance(config, FitConfig):
        _fit(config)
    elif isinstance(config, FuseConfig):
        from training.fuse import fuse

        fuse(config)
    else:
        from training.evaluate import evaluate

        evaluate(config)
    return None


def _fit(config: FitConfig) -> None:
    """Train; of several ranks the first one speaks, the others only of what happened to them alone."""
    from training.fit import fit
    from training.ranks import is_another_rank

    if not is_another_rank():
        fit(config)
        print(f"{config.out} holds the fine-tuned model, fit.json and curves.png")
        return
    logging.disable(logging.WARNING)
    try:
        fit(config)
    except InputError:
        sys.exit(2)
    except (Interrupted, KeyboardInterrupt):
        sys.exit(130)
    except RunError as error:
        if error.__cause__ is None:
            sys.exit(1)
        raise RunError(f"rank {os.environ['RANK']}: {error}") from error  # a full memory, say


def _require_training_libraries() -> None:
    """Raise `InputError` where the package was installed for curation alone, without the extra `train`."""
    missing = [name for name in ("torch", "transformers", "ir_measures") if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"{' and '.join(missing)} not installed, which m3-train needs: pip install -c constraints.txt -e '.[train]'"
        )


def _quieten_libraries() -> None:
    """Leave the screen to our own messages: the libraries report every file they load."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


if __name__ == "__main__":
    main()
