"""How long a text is in tokens: counted by a tokenizer, or estimated from its characters."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from data.errors import InputError
from data.text import estimate_tokens

PIECE_CHARACTERS = 100_000  # a tokenizer's time grows faster than the text on one endless line


@lru_cache
def token_counter(tokenizer: str) -> Callable[[str], int]:
    """Return the function that counts the tokens of a text, without special tokens.

    `tokenizer` is "estimate", a folder with a tokenizer.json, or a hub id. Raises `InputError` when it cannot be
    loaded.
    """
    if tokenizer == "estimate":
        return estimate_tokens
    loaded = _load(tokenizer)
    loaded.no_truncation()
    loaded.no_padding()

    def count(text: str) -> int:
        pieces = range(0, len(text), PIECE_CHARACTERS)
        return sum(len(loaded.encode(text[at : at + PIECE_CHARACTERS], add_special_tokens=False)) for at in pieces)

    return count


def _load(tokenizer: str):  # type: ignore[no-untyped-def]
    from tokenizers import Tokenizer

    local = Path(tokenizer).expanduser()
    file = local / "tokenizer.json" if local.is_dir() else local
    if file.is_file():
        try:
            return Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exception for a file it cannot parse
            raise InputError(f"{file} is not a tokenizer file: {error}") from error
    if local.exists() or tokenizer.startswith((".", "/", "~")) or tokenizer.count("/") != 1:
        raise InputError(
            f"there is no tokenizer.json at {tokenizer} "
            "(--tokenizer takes a model's folder, a hub id such as BAAI/bge-m3, or estimate)"
        )
    from huggingface_hub import hf_hub_download

    try:
        return Tokenizer.from_file(hf_hub_download(tokenizer, "tokenizer.json"))
    except Exception as error:  # network, rights, missing file: all mean that this id is of no use here
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"the tokenizer {tokenizer} cannot be loaded from the hub: {first}; --tokenizer estimate needs no download"
        ) from error
