"""The finished model on the Hugging Face hub, in a private repository, in one commit.

The token is the hub's own (HF_TOKEN, or what `hf auth login` left), and goes nowhere but into its requests.
"""

from pathlib import Path

from data.errors import InputError, RunError
from training.running.run_folder import EVENTS

_NOT_UPLOADED = [f"{EVENTS}/*", ".*"]  # event files hold this machine's name


def check_token() -> None:
    """Raise `InputError` where nobody is logged in: better now than after the training."""
    from huggingface_hub import get_token

    if not get_token():
        raise InputError("--push-to-hub wants a token that may write: set HF_TOKEN, or log in with: hf auth login")


def push_model(folder: Path, name: str) -> str:
    """Upload the model in `folder` to the repository `name`, owner/name or a name of the user's; return its address.

    Raises `RunError` for whatever the hub or the way to it refuses.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # the latter is the base of its client's errors

    token = get_token()
    try:
        api = HfApi(token=token)
        address = api.create_repo(name, private=True, exist_ok=True)
        api.upload_folder(
            repo_id=address.repo_id,
            folder_path=folder,
            ignore_patterns=_NOT_UPLOADED,
            commit_message="Model trained by m3-train fit",
        )
    except (HTTPError, RuntimeError, ValueError, OSError) as error:
        answered = next((each for each in (error, error.__cause__) if isinstance(each, HfHubHTTPError)), None)
        told = str((answered.server_message or answered) if answered else error.__cause__ or error)
        told = " ".join(told.replace(token, "***").split() if token else told.split())
        raise RunError(
            f"the model is complete in {folder}, but {name} on the hub could not be written ({told}); the same command"
            " uploads it again"
        ) from None
    return str(address)
