"""Text as every script needs it: normal form, tokens for search, lengths."""

import unicodedata

import numpy as np
import regex

# Scripts written without spaces between words, where search tokens are character bigrams (the long vowel mark is of no
# script).
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}"
# Vowel signs of Arabic and of the Indic scripts are marks (M): they belong to the word.
_TOKEN = regex.compile(rf"[{UNSPACED}]+|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]+", regex.V1)
_UNSPACED_RUN = regex.compile(rf"[{UNSPACED}]+")
NOT_LETTERS = regex.compile(r"[^\p{L}\p{N}\p{M}]+")
_SURROGATES = regex.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return `text` as UTF-8 can hold it: JSON may carry lone surrogates, which become the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def normalise(text: str) -> str:
    """Return `text` in NFKC, casefolded: the form in which texts are compared."""
    return unicodedata.normalize("NFKC", text).casefold()


TOKENS_VERSION = 1  # of `search_tokens`: another number where its tokens change, so that kept indexes are made anew


def search_tokens(text: str) -> list[str]:
    """Return the tokens that BM25 indexes: words, and overlapping character bigrams in scripts without spaces."""
    tokens: list[str] = []
    for run in _TOKEN.findall(normalise(text)):
        if len(run) > 2 and _UNSPACED_RUN.match(run):
            tokens.extend(run[start : start + 2] for start in range(len(run) - 1))
        else:
            tokens.append(run)
    return tokens


def letters(text: str) -> str:
    """Return the letters, digits and marks of `text`, normalised, without anything between them."""
    return NOT_LETTERS.sub("", normalise(text))


def document_text(title: str | None, text: str) -> str:
    """Return what a model and BM25 read of a document: title, newline, text; the title stands only once."""
    title = (title or "").strip()
    return text if not title or text.lstrip("# \n").startswith(title) else f"{title}\n{text}"


# Characters per token of XLM-RoBERTa's vocabulary, rounded, by the first code point of a run of scripts; everything
# that is not listed counts like Latin. Good to about a fifth on prose: enough to sort documents into length buckets.
_CHARACTERS_PER_TOKEN = (
    (0x0000, 4.2),  # Latin and its neighbours
    (0x0370, 3.7),  # Greek, Cyrillic
    (0x0530, 3.5),  # Armenian, Hebrew, Arabic
    (0x0900, 3.5),  # scripts of India
    (0x0E00, 3.4),  # Thai, Lao
    (0x1000, 3.3),  # Myanmar, Georgian
    (0x1100, 1.9),  # Hangul jamo
    (0x1200, 3.0),
    (0x1E00, 4.2),
    (0x2E80, 1.7),  # Han, kana
    (0xA000, 3.0),
    (0xAC00, 1.9),  # Hangul
    (0xD7B0, 3.0),
    (0xF900, 1.7),
    (0xFB00, 3.5),
    (0xFE30, 1.7),
    (0x10000, 1.5),
)
_RUN_STARTS = np.array([start for start, _ in _CHARACTERS_PER_TOKEN], dtype=np.uint32)
_RUN_COSTS = np.array([1 / rate for _, rate in _CHARACTERS_PER_TOKEN])


def estimate_tokens(text: str) -> int:
    """Return about how many tokens XLM-RoBERTa's vocabulary makes of `text`, from its characters by script."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    counts = np.bincount(np.searchsorted(_RUN_STARTS, codes, side="right") - 1, minlength=len(_RUN_COSTS))
    return int(counts @ _RUN_COSTS + 0.999)
