"""Passages, settings and processes for the tests of asking an LLM."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa

from curation.config import GenerateConfig
from data.records import PASSAGE, conform

HERE = Path(__file__).parent


def make_passages(count, langs=("en",)):
    numbers = range(count)
    columns = {
        "passage_id": [f"p{n}" for n in numbers],
        "docid": [f"d{n}" for n in numbers],
        "lang": [langs[n % len(langs)] for n in numbers],
        "split": ["train"] * count,
        "title": ["An island"] * count,
        "text": [f"The island has a lighthouse called lighthouse-{n}, built by hand." for n in numbers],
        "start": [10] * count,
        "end": [70] * count,
        "tokens": [20] * count,
        "token_start": [3] * count,
    }
    return conform(pa.table(columns), PASSAGE)


def ask(server, **changes):
    return GenerateConfig(
        **{"generator": "openai", "model": "toy", "base_url": (server.base_url,), "concurrency": 4} | changes
    )


CLIENT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from generate_toy import make_passages
from curation.config import GenerateConfig
from curation.generate import generate_questions
from data.errors import run_command
config = GenerateConfig(generator="openai", model="toy", base_url=(sys.argv[2],), concurrency=8)
sys.exit(run_command(lambda: print(len(generate_questions(make_passages(80), config, Path(sys.argv[3]))))))
"""


def start_client(server, ledger):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(HERE), server.base_url, str(ledger)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def wait_for(server, answers):
    deadline = time.monotonic() + 30
    while server.answered < answers and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.answered >= answers
