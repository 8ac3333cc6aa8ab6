"""Shingles: hashed character n-grams, by which documents and questions are compared; what two sets share."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import regex

from data.text import NOT_LETTERS, normalise

_HAN_OR_KANA = regex.compile(r"[[\p{Han}\p{Hiragana}\p{Katakana}]&&[\p{L}\p{N}\p{M}]]", regex.V1)
_HANGUL = regex.compile(r"[\p{Hangul}&&\p{L}]", regex.V1)
_KIND_SHIFT, _EXPANDS = np.uint64(24), 1 << 30  # marks beside a code point, and instead of one
_ASSIGNED = regex.compile(r"[^\p{Cn}\p{Co}\p{Cs}]")
_COMPOSES = 255  # beyond all combining classes
# Of n-grams that begin with Han or kana, where a character carries about as much as a syllable or two; with Hangul;
# with anything else.
WIDTHS = (3, 5, 5)


def shingle_hashes(text: str, widths: tuple[int, int, int] = WIDTHS) -> np.ndarray:
    """Return a 64-bit hash of each character n-gram of `text`'s letters, digits and marks, in no particular order.

    `widths` are the n of n-grams that begin with Han or kana, with Hangul, and with anything else. So the n-grams of a
    part are the same whatever stands around it. A text without an n-gram of full width is one n-gram.
    """
    codes = _letter_codes(text).astype(np.uint64)
    kinds = codes >> _KIND_SHIFT  # 0, 1 Han or kana, 2 Hangul
    if not kinds.any():
        return _hash_grams(codes, min(widths[2], len(codes)))
    wanted = np.array((widths[2], widths[0], widths[1]))[kinds.astype(np.intp)]
    parts = [np.empty(0, np.uint64)]
    for width in set(wanted.tolist()):
        grams = _hash_grams(codes, width)
        parts.append(grams[wanted[: len(grams)] == width])
    hashes = np.concatenate(parts)
    return hashes if len(hashes) else _hash_grams(codes, len(codes))


def shingles(text: str, widths: tuple[int, int, int] = WIDTHS) -> np.ndarray:
    """Return the sorted distinct hashes of the character n-grams of `text` (see `shingle_hashes`)."""
    hashes = np.sort(shingle_hashes(text, widths))
    new = np.ones(len(hashes), dtype=bool)
    np.not_equal(hashes[1:], hashes[:-1], out=new[1:])
    return hashes[new]


def _letter_codes(text: str) -> np.ndarray:
    """Return the code points of `letters(text)`, marked with the kind of letter: the same, several times faster.

    Characters are normalised one by one from a table, and as a whole only where marks may have to be composed with what
    stands before them, or put in order.
    """
    table = _letter_table()
    points = _code_points(text)
    if table.in_context(points):
        codes = table.codes[_code_points(normalise(text))]
        return codes[codes != 0]
    codes = table.codes[points]
    if codes.max(initial=0) == _EXPANDS:
        for point in np.unique(points[codes == _EXPANDS]).tolist():
            text = text.replace(chr(point), table.changed[point])
        points = _code_points(text)
        codes = table.codes[_code_points(normalise(text)) if table.in_context(points) else points]
    return codes[codes != 0]


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


class _LetterTable(NamedTuple):
    """What becomes of each code point when it is normalised."""

    codes: np.ndarray  # the code point and its kind; 0: no letter, digit or mark; `_EXPANDS`: several
    classes: np.ndarray  # combining class, `_COMPOSES` where it may be composed with what stands before it
    changed: dict[int, str]  # what the others become

    def in_context(self, points: np.ndarray) -> bool:
        """Return whether some of the code points cannot be normalised without their neighbours."""
        classes = self.classes[points]
        if not classes.any():
            return False
        falling = (classes[1:] > 0) & (classes[1:] < classes[:-1])
        return bool(classes.max() == _COMPOSES or falling.any())


@lru_cache(maxsize=1)
def _letter_table() -> _LetterTable:
    everything = "".join(map(chr, range(0x110000)))
    codes, kinds = np.zeros((2, 0x110000), dtype=np.uint32)
    classes = np.zeros(0x110000, dtype=np.uint8)
    changed: dict[int, str] = {}
    for character in _ASSIGNED.findall(everything):
        normal, point = normalise(character), ord(character)
        plain = NOT_LETTERS.sub("", normal)
        if len(normal) == 1:
            codes[point] = ord(plain) if plain else 0
        elif plain:
            codes[point] = _EXPANDS
        if normal != character:
            changed[point] = normal
        classes[point] = max(classes[point], unicodedata.combining(character))
        pair = unicodedata.decomposition(character).split()
        if len(pair) == 2 and not pair[0].startswith("<"):
            classes[int(pair[1], 16)] = _COMPOSES
    classes[0x1161:0x1200] = _COMPOSES  # Hangul vowels and finals
    for point, normal in changed.items():
        forms = chr(point) + unicodedata.normalize("NFKC", chr(point)) + normal  # folding may take a mark's class away
        classes[point] = max(classes[ord(part)] for part in forms)
    for kind, pattern in enumerate((_HAN_OR_KANA, _HANGUL), start=1):
        for letter in pattern.findall(everything):
            kinds[ord(letter)] = kind
    plain = codes < _EXPANDS
    codes[plain] |= kinds[codes[plain]] << np.uint32(_KIND_SHIFT)
    return _LetterTable(codes, classes, changed)


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
