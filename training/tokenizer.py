"""A Unigram tokenizer trained on a corpus and laid out as XLM-R's: <s> 0, <pad> 1, </s> 2, <unk> 3, ..., <mask> last.

`train_tokenizer(files, vocabulary_size, max_length)` reads .jsonl and .txt files, also gzipped. No word boundary is
needed: Unigram finds its pieces in the running text of scripts that are written without spaces.
"""

import gzip
import io
import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import InputError
from data.text import document_text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>")
MASK_TOKEN = "<mask>"
LONGEST_LINE_BYTES = 1 << 16
ENOUGH_CHARACTERS = 6_000_000  # more text changes a vocabulary of some ten thousand pieces little, and takes its time
TRAINER_THREADS = 2  # fixed: sums over another number of threads would round otherwise and give another vocabulary
_TEXT_SUFFIXES = (".txt", ".md")


def read_texts(files: Sequence[Path]) -> Iterator[str]:
    """Yield the text of every document in `files`; a jsonl row's title stands before its text.

    Raises `InputError` with file and line for a missing file, broken JSON, or a row without text.
    """
    for file in files:
        if not file.is_file():
            raise InputError(f"there is no corpus file {file}; give .jsonl or .txt files, which may be gzipped")
        suffix = Path(file.stem).suffix if file.suffix == ".gz" else file.suffix
        if suffix not in (".jsonl", *_TEXT_SUFFIXES):
            raise InputError(f"{file} is neither .jsonl nor .txt (also .gz); convert it, or give another --corpus")
        opener = gzip.open if file.suffix == ".gz" else open
        try:
            with opener(file, "rt", encoding="utf-8") as lines:
                yield from _read_rows(file, lines) if suffix == ".jsonl" else lines
        except (UnicodeDecodeError, gzip.BadGzipFile) as error:
            raise InputError(f"{file} is not readable as UTF-8 text ({error}); convert it, or leave it out") from error


def _read_rows(file: Path, lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{file}:{number} is not JSON ({error}); correct or remove the line") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise InputError(f'{file}:{number} has no "text"; each line needs {{"text": ..., "title": ...}}')
        yield document_text(row.get("title"), row["text"])


def train_tokenizer(files: Sequence[Path], vocabulary_size: int, max_length: int) -> "PreTrainedTokenizerFast":
    """Train a tokenizer of at most `vocabulary_size` entries on `files`; the same text gives the same tokenizer.

    The pieces are learned by sentencepiece, which is several times faster at it than the tokenizers library. Raises
    `InputError` when the files hold no text or `vocabulary_size` is too small.
    """
    import sentencepiece

    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_lines(files),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocabulary_size - 1,  # <mask> comes last
            hard_vocab_limit=False,
            character_coverage=0.9999,
            normalization_rule_name="identity",  # the lines are normalised already, as the tokenizer will do it
            max_sentence_length=LONGEST_LINE_BYTES,
            num_threads=TRAINER_THREADS,
            minloglevel=2,
            bos_id=0,
            pad_id=1,
            eos_id=2,
            unk_id=3,
            pad_piece="<pad>",
        )
    except RuntimeError as error:
        raise InputError(
            f"no tokenizer of {vocabulary_size} entries can be trained on {', '.join(map(str, files))}: the files hold"
            f" too little text, or --vocabulary-size is below their number of characters ({error})"
        ) from error
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    learned = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(len(SPECIAL_TOKENS), pieces.vocab_size())]
    return _lay_out([(token, 0.0) for token in SPECIAL_TOKENS] + learned + [(MASK_TOKEN, 0.0)], max_length)


def _lines(files: Sequence[Path]) -> Iterator[str]:
    """Yield the lines of all texts in NFKC, those without an end cut to what the trainer takes.

    Of a corpus beyond `ENOUGH_CHARACTERS` every nth line is taken, with n such that about that many remain.
    """
    step = 1 + sum(map(len, read_texts(files))) // ENOUGH_CHARACTERS
    number = 0
    for text in read_texts(files):
        for line in unicodedata.normalize("NFKC", text).splitlines():
            for start in range(0, len(line), LONGEST_LINE_BYTES // 4):
                number += 1
                if number % step == 0:
                    yield line[start : start + LONGEST_LINE_BYTES // 4]


def _lay_out(vocabulary: list[tuple[str, float]], max_length: int) -> "PreTrainedTokenizerFast":
    """Return XLM-R's tokenizer with `vocabulary`: first the four special tokens, last <mask>.

    It is saved as the general class, which keeps the normaliser of its file; the class named after XLM-R would not.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.Unigram(vocabulary, unk_id=SPECIAL_TOKENS.index("<unk>")))
    backend.normalizer = normalizers.NFKC()
    backend.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    backend.decoder = decoders.Metaspace()
    frame = [(token, SPECIAL_TOKENS.index(token)) for token in ("<s>", "</s>")]
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=frame
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=max_length,
        bos_token="<s>",
        cls_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        mask_token=MASK_TOKEN,
    )
