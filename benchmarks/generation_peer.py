"""Send chat requests through Bespoke Curator, for `benchmarks/generation.py`; runs in an environment of the peer's own.

    python -m venv peer-env
    peer-env/bin/pip install bespokelabs-curator==0.1.31

In: a JSON-lines file of request bodies, each with one user message and otherwise alike. Out: Curator's own files in
--cache, and one JSON line on standard output: its version, rows and answers. Curator goes on with what it finds in
--cache. Its limits per minute are lifted, so that --concurrency alone bounds it; all else is as it comes.
"""

import argparse
import importlib.util
import json
import os
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TELEMETRY_ENABLED", "false")
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or it downloads a list of prices whenever it starts
# Curator counts tokens with a vocabulary that tiktoken downloads; litellm, which Curator needs, brings the same file.
_LITELLM = importlib.util.find_spec("litellm")
if _LITELLM and _LITELLM.origin:
    _VOCABULARIES = Path(_LITELLM.origin).parent / "litellm_core_utils" / "tokenizers"
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(_VOCABULARIES))

from bespokelabs import curator  # noqa: E402  (reads the environment when it is imported)

NO_LIMIT = 10**9  # without a number Curator keeps to limits per minute of its own


class Asker(curator.LLM):
    """Sends each row's prompt as it stands and returns the answer as it comes."""

    def prompt(self, row: dict[str, str]) -> str:
        """Return the message of a row."""
        return row["prompt"]

    def parse(self, row: dict[str, str], response: str) -> dict[str, str]:
        """Return the output row."""
        return {"prompt": row["prompt"], "answer": response}


def main() -> None:
    """Ask for every row of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    with options.rows.open(encoding="utf-8") as lines:
        bodies = [json.loads(line) for line in lines]
    asker = Asker(
        model_name=bodies[0]["model"],
        backend="openai",
        generation_params={name: value for name, value in bodies[0].items() if name not in ("model", "messages")},
        backend_params={
            "base_url": options.base_url,
            "api_key": os.environ.get("OPENAI_API_KEY", "none"),
            "max_concurrent_requests": options.concurrency,
            "max_requests_per_minute": NO_LIMIT,
            "max_tokens_per_minute": NO_LIMIT,
        },
    )
    rows = [{"prompt": body["messages"][0]["content"]} for body in bodies]
    answers = asker(rows, working_dir=str(options.cache)).dataset
    answered = sum(bool(answer) for answer in answers["answer"])
    about = {"peer": "Bespoke Curator", "version": version("bespokelabs-curator")}
    print(json.dumps({**about, "rows": len(rows), "answered": answered}), flush=True)


if __name__ == "__main__":
    main()
