"""The data set on the Hugging Face hub: m3-curate push. One commit holds all of it, or nothing is uploaded.

The token is the hub's own (HF_TOKEN, or what `hf auth login` left), and goes nowhere but into its requests.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curation.command_config import PushConfig
from curation.verify import verify_dataset
from data.card import move_card
from data.dataset import load_curated
from data.errors import InputError, RunError
from data.records import SPLITS

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

_REPO = re.compile(r"[\w.-]+/[\w.-]+")
_ANYBODYS = {".gitattributes", "README.md"}  # what a new repository may hold
_OURS = re.compile(rf"manifest\.json|corpus-[^/]+/[^/]+\.parquet|[^/]+/({'|'.join(SPLITS)})\.parquet")


def push_dataset(config: PushConfig, say: Callable[[str], None] = lambda line: None) -> str:
    """Verify the data set, upload it, and return its address.

    Raises `InputError` for a name, a token or a repository that will not do, `RunError` for a damaged data set and for
    what the hub refuses.
    """
    from huggingface_hub import HfApi, get_token

    if not _REPO.fullmatch(config.repo):
        raise InputError(f"--repo {config.repo!r} is not owner/name")
    token = get_token()
    if not token:
        raise InputError("the hub wants a token that may write: set HF_TOKEN, or log in with: hf auth login")
    dataset = load_curated(config.out)
    folder = dataset.path
    report = verify_dataset(folder)
    if report.violations:
        for line in report.lines(3):
            say(line)
        raise RunError(f"{folder} is not as it promises ({len(report.violations):,} violations): nothing was uploaded")
    if sources := ((dataset.manifest.get("config") or {}).get("sample") or {}).get("source"):
        say(f"what is uploaded names the sources of the documents: {', '.join(sources)}")
    with _explained(config.repo, token):
        return _upload(HfApi(token=token), folder, config)


def _upload(api: "HfApi", folder: Path, config: PushConfig) -> str:
    """Bring the repository to what `folder` holds, in one commit, and return its address."""
    repo, branch = config.repo, config.revision or "main"
    address = api.create_repo(repo, repo_type="dataset", private=config.private or None, exist_ok=True)
    if config.private and not api.dataset_info(repo).private:
        raise InputError(f"{repo} exists already and is public; make it private there, or choose another --repo")
    if config.revision:
        api.create_branch(repo, branch=config.revision, repo_type="dataset", exist_ok=True)
    there = set(api.list_repo_files(repo, revision=branch, repo_type="dataset"))
    _check_is_ours(repo, there)
    operations = _operations(folder, repo, there)
    api.create_commit(repo, operations, commit_message=config.message, repo_type="dataset", revision=branch)
    return str(address)


def _operations(folder: Path, repo: str, there: set[str]) -> "list[CommitOperationAdd | CommitOperationDelete]":
    """Return what makes a repository with the files `there` equal to the data set; the card names the repository."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    tables = sorted(file.relative_to(folder).as_posix() for file in folder.glob("*/*.parquet"))
    card = move_card((folder / "README.md").read_text(encoding="utf-8"), repo)
    return [
        CommitOperationAdd("README.md", card.encode()),
        *(CommitOperationAdd(name, folder / name) for name in (*tables, "manifest.json")),
        *(CommitOperationDelete(name) for name in sorted(there - {*tables, "manifest.json"} - _ANYBODYS)),
    ]


def _check_is_ours(repo: str, there: set[str]) -> None:
    """Raise `InputError` if a repository holds anything else than a data set of ours, which a push replaces."""
    other = sorted(name for name in there - _ANYBODYS if "manifest.json" not in there or not _OURS.fullmatch(name))
    if other:
        raise InputError(
            f"{repo} holds something else than a data set of m3-curate: {', '.join(other[:3])}"
            f"{' ...' if len(other) > 3 else ''}; choose another --repo, or empty that one"
        )


@contextlib.contextmanager
def _explained(repo: str, token: str) -> Iterator[None]:
    """Turn what the hub's client raises into errors that say what to do; the token is in none of them."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # the latter is the base of its client's errors

    try:
        yield
    except (HTTPError, RuntimeError, ValueError, OSError) as error:
        causes = [error, error.__cause__]  # an upload's failure is wrapped
        answered = next((each for each in causes if isinstance(each, HfHubHTTPError)), None)
        status = answered.response.status_code if answered is not None and answered.response is not None else None
        told = str(answered.server_message or answered) if answered else str(error.__cause__ or error)
        told = " ".join(told.replace(token, "***").split())
        if status == 401:
            raise InputError(f"the hub does not know the token ({told}); log in anew: hf auth login") from None
        if status == 403:
            raise InputError(f"the token may not write to {repo} ({told}); it needs write access") from None
        if answered is None and isinstance(error, (HTTPError, OSError)):
            raise RunError(f"the hub cannot be reached ({told}); nothing was committed, try again") from None
        raise RunError(f"the hub refused {repo} ({told}); nothing was committed") from None
