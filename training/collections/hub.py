"""Files of data sets on the Hugging Face hub, fetched as they are: nothing of a repository is ever run.

They go to the hub client's own cache, where a second evaluation finds them. The token is the hub's own (HF_TOKEN, or
what `hf auth login` left), and goes nowhere but into its requests.
"""

import contextlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from data.errors import InputError, RunError


def fetch(repo: str, *alternatives: Sequence[str]) -> Path:
    """Return a local folder that holds the files of a data set's repository that patterns name (docs-*.jsonl.gz).

    Of several `alternatives` the first is taken of which each pattern names a file. Raises `InputError` when there is
    none, or when the hub gives the files only to users who accepted their terms, `RunError` when it cannot be reached.
    """
    from huggingface_hub import HfApi, hf_hub_download

    with _explained(repo):
        found = HfApi().dataset_info(repo)
        there = [each.rfilename for each in found.siblings or []]
        names = _first_complete(repo, alternatives, there)
        files = [hf_hub_download(repo, name, repo_type="dataset", revision=found.sha) for name in names]
    return Path(files[0]).parents[names[0].count("/")]


def _first_complete(repo: str, alternatives: Sequence[Sequence[str]], there: Sequence[str]) -> list[str]:
    """Return the names of the files of the first alternative that is there."""
    for patterns in alternatives:
        matches = [sorted(name for name in there if fnmatchcase(name, pattern)) for pattern in patterns]
        if all(matches):
            return [name for names in matches for name in names]
    missing = next(pattern for pattern in alternatives[0] if not any(fnmatchcase(name, pattern) for name in there))
    raise InputError(f"the data set {repo} on the hub has no {missing}; give a copy that has it with --dataset")


@contextlib.contextmanager
def _explained(repo: str) -> Iterator[None]:
    """Turn what the hub's client raises into errors that say what to do; the token is in none of them."""
    from huggingface_hub import get_token
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # the latter is the base of its client's errors

    try:
        yield
    except (HTTPError, RuntimeError, ValueError, OSError) as error:
        causes = [each for each in (error, error.__cause__) if isinstance(each, HfHubHTTPError)]
        answered = next((each for each in causes if each.response is not None), None)
        status = answered.response.status_code if answered else None
        told = str((answered.server_message or answered) if answered else error.__cause__ or error)
        told = " ".join((told.replace(token, "***") if (token := get_token()) else told).split())
        if status in (401, 403):
            raise InputError(
                f"the hub does not give {repo} to you ({told}); accept its terms at"
                f" https://huggingface.co/datasets/{repo}, then log in with: hf auth login"
            ) from None
        if status == 404:
            raise InputError(f"the hub has no data set {repo} any more ({told}); give a copy with --dataset") from None
        raise RunError(
            f"{repo} cannot be fetched from the hub ({told}); try again, or give a copy of its files with --dataset"
        ) from None
