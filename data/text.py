"""Text as every script needs it: normal form, tokens for search, shingles for near-duplicates."""

import unicodedata
from functools import lru_cache

import numpy as np
import regex

# Scripts written without spaces between words, where search tokens are character bigrams (the long vowel mark is of no
# script).
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}"
# Vowel signs of Arabic and of the Indic scripts are marks (M): they belong to the word.
_TOKEN = regex.compile(rf"[{UNSPACED}]+|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]+", regex.V1)
_UNSPACED_RUN = regex.compile(rf"[{UNSPACED}]+")
_NOT_LETTERS = regex.compile(r"[^\p{L}\p{N}\p{M}]+")
_HAN_OR_KANA = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_DENSE, _UNFOLDED = 1 << 24, 1 << 25  # marks beside a code point
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
    return _NOT_LETTERS.sub("", normalise(text))


def shingle_hashes(text: str, width: int = 5, dense_width: int = 3) -> np.ndarray:
    """Return a 64-bit hash of each character n-gram of `text`'s letters, digits and marks, in no particular order.

    n is `dense_width` where the n-gram begins with Han or kana (there one character carries about as much as a syllable
    or two), else `width`: the n-grams of a part are the same whatever stands around it. A text without an n-gram of
    full width is one n-gram.
    """
    codes = _letter_codes(text).astype(np.uint64)
    dense = codes >= _DENSE
    if not dense.any():
        return _hash_grams(codes, min(width, len(codes)))
    grams = [_hash_grams(codes, size) for size in (dense_width, width)]
    hashes = np.concatenate([grams[0][dense[: len(grams[0])]], grams[1][~dense[: len(grams[1])]]])
    return hashes if len(hashes) else _hash_grams(codes, len(codes))


def shingles(text: str, width: int = 5, dense_width: int = 3) -> np.ndarray:
    """Return the sorted distinct hashes of the character n-grams of `text` (see `shingle_hashes`)."""
    hashes = np.sort(shingle_hashes(text, width, dense_width))
    new = np.ones(len(hashes), dtype=bool)
    np.not_equal(hashes[1:], hashes[:-1], out=new[1:])
    return hashes[new]


def _letter_codes(text: str) -> np.ndarray:
    """Return the code points of `letters(text)`, Han and kana marked with `_DENSE`: the same, an order faster."""
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    table = _letter_table()
    codes = table[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)]
    if codes.max(initial=0) == _UNFOLDED:
        codes = table[np.frombuffer(text.casefold().encode("utf-32-le", "surrogatepass"), dtype=np.uint32)]
    return codes[codes != 0]


@lru_cache(maxsize=1)
def _letter_table() -> np.ndarray:
    """Return for each code point its casefolded one, 0 where it is no letter, digit or mark, and `_UNFOLDED` where
    folding makes several of it.
    """
    table = np.zeros(0x110000, dtype=np.uint32)
    everything = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    for letter in _NOT_LETTERS.sub("", everything):
        folded = letter.casefold()
        table[ord(letter)] = ord(folded) if len(folded) == 1 else _UNFOLDED
    for letter in _HAN_OR_KANA.findall(everything):
        table[ord(letter)] |= _DENSE
    return table


def _hash_grams(codes: np.ndarray, width: int) -> np.ndarray:
    """Return a hash of every `width` neighbours: a polynomial whose 64 bits overflow, as they should, then mixed."""
    if not 0 < width <= len(codes):
        return np.empty(0, dtype=np.uint64)
    hashes = codes[: len(codes) - width + 1].copy()
    for offset in range(1, width):
        hashes *= np.uint64(0x100000001B3)
        hashes += codes[offset : offset + len(hashes)]
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    return hashes


def contains(hashes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return for each of `asked` whether it stands in `hashes`; both are sorted."""
    if not len(hashes):
        return np.zeros(len(asked), dtype=bool)
    found: np.ndarray = hashes[np.minimum(np.searchsorted(hashes, asked), len(hashes) - 1)] == asked
    return found


def common(left: np.ndarray, right: np.ndarray) -> int:
    """Return how many hashes two sets, given as sorted distinct hashes, have in common."""
    small, large = sorted((left, right), key=len)
    return int(np.count_nonzero(contains(large, small)))


def jaccard(left: np.ndarray, right: np.ndarray) -> float:
    """Return the Jaccard similarity of two sets given as sorted distinct hashes; two empty sets are alike."""
    if not len(left) and not len(right):
        return 1.0
    both = common(left, right)
    return both / (len(left) + len(right) - both)


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
