"""Invented texts in many scripts for the tests of duplicates: random letters, so that only what is planted is alike."""

import random

import pyarrow as pa

ALPHABETS = {
    "latin": "abcdefghijklmnopqrstuvwxyz",
    "cyrillic": "абвгдежзиклмнопрстуфхцчшщ",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "devanagari": "कखगघचछजझटठडढतथदधनपफबभमयरलवशसह",
    "hangul": "".join(chr(code) for code in range(0xAC00, 0xAD00)),
    "han": "".join(chr(code) for code in range(0x4E00, 0x5000)),
    "kana": "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ",
    "thai": "กขคงจฉชซญดตถทธนบปผฝพฟภมยรลวศสหอ",
}


def letters_of(script: str, count: int, seed: object) -> str:
    """Return `count` random letters."""
    return "".join(random.Random(f"{script} {seed}").choices(ALPHABETS[script], k=count))


def change(text: str, share: float, seed: int = 0) -> str:
    """Return `text` with this share of it, in runs of 20 characters, replaced by characters from elsewhere in it."""
    chance, characters = random.Random(seed), list(text)
    for _ in range(max(1, int(len(text) * share / 20))):
        at, source = (chance.randrange(len(text) - 20) for _ in range(2))
        characters[at : at + 20] = chance.sample(text[source : source + 20], 20)
    return "".join(characters)


def chunked(texts: list[str]) -> pa.ChunkedArray:
    """Return texts as a column of the documents' table."""
    return pa.chunked_array([pa.array(texts, pa.large_string())])
