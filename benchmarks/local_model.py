"""A model on this machine answers m3-curate: a small random one, made on the spot, behind `transformers serve`.

    pip install -c constraints.txt torch
    pip install -c constraints.txt -e '.[train]' 'transformers[serving]'
    python benchmarks/local_model.py

Documents of the atlas, a tokenizer trained on them and a Llama of two layers go into a folder; the server runs as a
child while m3-curate asks it about every passage. What comes back is gibberish, which the checks are there to reject.
Printed are some answers with what became of them, the counts by reason, and how m3-curate ended: with status 1 and a
message where not one question passed. The exit status is 0 if every passage was answered and m3-curate ended so.
"""

import collections
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import torch
import tyro
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from data.atlas.__main__ import AtlasConfig, write_atlas
from data.errors import RunError, run_command
from training.tokenizer import train_tokenizer

MODEL = "gibberish"  # the folder's name in the server's working directory, hence the model's name in every request
CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{{ eos_token }}{% endfor %}"
START_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class LocalModelConfig:
    """Where the model, the server and the run go, and how much is asked."""

    folder: Path | None = None
    """Folder for everything that is written; a temporary one, removed at the end, by default."""
    port: int = 0
    """Port of the server; 0 takes a free one."""
    languages: tuple[str, ...] = ("en", "ko")
    """Languages of the documents."""
    documents: int = 10
    """Documents of each language, each with four passages to ask about."""
    max_answer_tokens: int = 48
    """Upper bound of an answer's tokens."""
    question_marks: bool = False
    """Make question marks likelier: gibberish that gets further into the checks, and by chance through them."""
    concurrency: int = 4
    """Requests in flight; the server generates one answer after the other."""


def show_local_model(config: LocalModelConfig) -> None:
    """Make the model, serve it, let m3-curate ask it, and print what came of it."""
    with contextlib.ExitStack() as stack:
        folder = config.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="local-model-")))
        write_atlas(
            AtlasConfig(
                out=folder / "atlas",
                documents=config.documents,
                languages=config.languages,
                tokens=(300, 600),
            )
        )
        texts = [*(folder / "atlas/documents").glob("*.jsonl"), *(folder / "atlas/gold").glob("*/queries.jsonl")]
        make_model(sorted(texts), folder / MODEL, ("</s>", "?") if config.question_marks else ("</s>",))
        with serving(folder, config.port) as base_url:
            status, message = curate(folder, base_url, config)
        print(f"\nm3-curate ended with status {status}: {message}")
        if not (folder / "curated/stages/dedup/manifest.json").exists():
            raise RunError("m3-curate broke off; what it said stands above")
        kept = show_answers(folder / "curated/stages")
        if status != (0 if kept else 1):
            raise RunError(f"m3-curate should end with status 0 where it keeps questions, and with 1 where not: {kept}")


def make_model(files: list[Path], folder: Path, likelier: tuple[str, ...]) -> None:
    """Write a random Llama with a tokenizer trained on `files`, as any model of the hub lies on disk.

    The tokens in `likelier` come about three times as often as the others.
    """
    tokenizer = train_tokenizer(files, vocabulary_size=3000, max_length=2048)
    tokenizer.chat_template = CHAT_TEMPLATE
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=2048,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    # A random model finds all tokens about equally likely, and would hardly ever come to an end without a push.
    model.generation_config = GenerationConfig(
        do_sample=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        sequence_bias=[[[tokenizer.convert_tokens_to_ids(token)], 1.0] for token in likelier],
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextlib.contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    """Run `transformers serve` in `folder` and give its base URL once it answers; it is stopped at the end."""
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    command = [_program("transformers"), "serve", MODEL, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "server.log"
    with log.open("wb") as output:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/health"):
            if server.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RunError(f"transformers serve does not start; it wrote:\n{said}")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def curate(folder: Path, base_url: str, config: LocalModelConfig) -> tuple[int, str]:
    """Run m3-curate against the server; return its exit status and its last line."""
    command = [_program("m3-curate"), "run", "--source", str(folder / "atlas/documents"), "--out"]
    command += [str(folder / "curated"), "--passages-per-document", "4", "--generator", "openai", "--model", MODEL]
    command += ["--base-url", base_url, "--max-answer-tokens", str(config.max_answer_tokens)]
    command += ["--concurrency", str(config.concurrency)]
    print("$", *command)
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    lines = [line for line in done.stderr.splitlines() if line.strip() and "%|" not in line]  # without the bars
    print(*lines[:-1], sep="\n")
    return done.returncode, lines[-1]


def show_answers(stages: Path) -> int:
    """Print some answers with what was asked and what became of them, and the counts of all; return how many are kept.

    Raises `RunError` for a passage without an answer.
    """
    passages = {row["passage_id"]: row["text"] for row in pq.read_table(stages / "passages/table.parquet").to_pylist()}
    rows = pq.read_table(stages / "dedup/table.parquet").to_pylist()
    if {row["passage_id"] for row in rows if row["completion_tokens"]} != set(passages):
        raise RunError(f"not every passage is answered; see {stages / 'dedup/table.parquet'}")
    for row in rows[:: max(1, len(rows) // 4)]:
        print(f"\nasked about  {' '.join(passages[row['passage_id']].split())[:90]} ...")
        print(f"answered     {row['answer'][:90]!r}")
        print(f"by           {row['model']}, {row['prompt_tokens']} + {row['completion_tokens']} tokens, ", end="")
        print(f"finish reason {row['finish_reason']}\nbecame       {row['reason'] or 'kept'}")
    reasons = collections.Counter(row["reason"] or "kept" for row in rows)
    counts = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    print(f"\n{len(passages)} passages, {len(rows)} answers: {counts}")
    return reasons["kept"]


def _program(name: str) -> str:
    """Return the path of a command that stands beside this Python."""
    return str(Path(sys.executable).with_name(name))


if __name__ == "__main__":
    sys.exit(run_command(lambda: show_local_model(tyro.cli(LocalModelConfig, description=__doc__))))
