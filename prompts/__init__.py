"""The instructions that an LLM is given: one Markdown file each, named by its stem; users bring files of their own.

A file is an instruction, and may begin with a header between two lines of `---`:

    ---
    about: one line that says what it is for
    style: question (default), keywords, claim, text, or grades: what the answer is
    takes: passage (default), query, document, or question: what it is shown; a question comes with its passage
    language: document (default), or other: the answer is in another language than the document, which the user names
    parts: labelled parts of the answer, comma-separated; the last is the query. Without it the answer is the query
    ---

Quotations in parts named `first` and `second` are checked: they must stand at different places of the passage.
In the instruction `{language}` stands for the English name of the answer's language, `{count}` for how many answers are
asked for, `{passage}` for where the text is shown, which is the end where it is absent, and `{question}` for where the
question is shown that is to be graded.

`mldr` is the instruction with which MultiLongDoc was made, word for word (M3-Embedding, arXiv 2402.03216, appendix).
"""

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

STYLES = ("question", "keywords", "claim", "text", "grades")
TAKES = ("passage", "query", "document", "question")
LANGUAGES = ("document", "other")
_PLACEHOLDERS = ("language", "count", "passage", "question")
_PLACEHOLDER = re.compile(rf"\{{({'|'.join(_PLACEHOLDERS)})\}}")
_LIKE_PLACEHOLDER = re.compile(r"\{+\s*(\w+)\s*\}+")
_PART = re.compile(r"[a-z][a-z_]*")
_ANSWERS = {"question": "questions", "keywords": "queries", "claim": "claims", "text": "texts", "grades": "grades"}


@dataclass(frozen=True)
class Prompt:
    """An instruction: its name, its text, 16 hexadecimal digits that identify the text, and what its header says."""

    name: str
    text: str
    digest: str
    about: str = ""
    style: str = "question"
    takes: str = "passage"
    parts: tuple[str, ...] = ()
    language: str = "document"

    @property
    def names_language(self) -> bool:
        """Whether the instruction names the language of the answer."""
        return "{language}" in self.text

    @property
    def asks_several(self) -> bool:
        """Whether the instruction says how many answers it wants, and an answer holds that many."""
        return "{count}" in self.text

    @property
    def answers(self) -> str:
        """What several answers are called: questions, queries, claims or texts."""
        return _ANSWERS[self.style]

    def render(
        self,
        text: str,
        title: str | None = None,
        language: str | None = None,
        count: int = 1,
        labelled: bool = True,
        question: str | None = None,
    ) -> str:
        """Return the message that shows an LLM the instruction and a text, under its title where there is one.

        language: English name of the language to answer in. labelled: say how to write an answer in parts, or several
        answers, as plain text; left out where a JSON schema says it. question: what is to be graded. Raises
        `ValueError` when the instruction names a language or shows a question and none is given.
        """
        if self.names_language and not language:
            raise ValueError(f"the instruction {self.name} names a language, and none is given")
        if self.takes == "question" and not question:
            raise ValueError(f"the instruction {self.name} shows a question, and none is given")
        shown = f"{title}\n\n{text}" if title else text
        values = {"language": language or "", "count": str(count), "passage": shown, "question": question or ""}
        # One pass over the instruction alone: whatever stands in the text is shown as it is.
        message = _PLACEHOLDER.sub(lambda found: values[found[1]], self.text)
        if labelled and (self.parts or self.asks_several):
            message += "\n\n" + self._describe_answer(count)
        return message if "{passage}" in self.text else f"{message}\n\n{shown}"

    def _describe_answer(self, count: int) -> str:
        lines = "\n".join(f"{part}: ..." for part in self.parts)
        if not self.parts:
            return f"Answer with a numbered list of {count} {self.answers}, one a line, and nothing else:\n1. ..."
        if not self.asks_several:
            return f"Answer with these lines and nothing else:\n{lines}"
        return f"Answer with these lines, once for each of the {count} {self.answers}, and nothing else:\n{lines}"


def names() -> list[str]:
    """Return the names of the bundled instructions."""
    return sorted(
        file.name.removesuffix(".md") for file in resources.files(__name__).iterdir() if file.name.endswith(".md")
    )


def bundled() -> list[Prompt]:
    """Return the bundled instructions, by name."""
    return [load(name) for name in names()]


def load(name: str) -> Prompt:
    """Load the bundled instruction `name`, or the user's own file where `name` is a path (has a separator or ends in
    .md).

    Raises `ValueError` with the known names, or with the file and line at which something is wrong.
    """
    if "/" in name or "\\" in name or name.endswith(".md"):
        try:
            content = Path(name).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            known = f"; the bundled ones go by their names: {', '.join(names())}"
            raise ValueError(f"cannot read the instruction {name!r}: {_explain(error)}{known}") from None
        return read_prompt(Path(name).stem, content, name)
    if name not in names():
        raise ValueError(f"there is no prompt named {name!r}; known: {', '.join(names())}, or the path of a file")
    return read_prompt(name, resources.files(__name__).joinpath(f"{name}.md").read_bytes(), f"{name}.md")


def read_prompt(name: str, content: bytes, file: str) -> Prompt:
    """Return the prompt that a file holds; raises `ValueError` that names `file` and the line at fault."""
    try:
        lines = content.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"{file}, line {line}: not UTF-8 text; save the file as UTF-8") from None
    header, body_start = _read_header(lines, file)
    text = "\n".join(lines[body_start:]).strip()
    if not text:
        raise ValueError(f"{file}, line {body_start + 1}: there is no instruction")
    _check_placeholders(lines, body_start, file, header.get("takes") == "question")
    prompt = Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:16], **header)
    if prompt.style == "text" and prompt.takes == "passage":
        raise ValueError(f"{file}: what is asked about a passage is a question, keywords or a claim, not style: text")
    if (prompt.style == "grades") != (prompt.takes == "question"):
        raise ValueError(f"{file}: style: grades and takes: question go together; a question is what is graded")
    if prompt.takes == "question" and not ("{question}" in text and "{passage}" in text):
        raise ValueError(f"{file}: an instruction that grades shows both; write {{passage}} and {{question}} in it")
    if prompt.language == "other" and not prompt.names_language:
        raise ValueError(f"{file}: with language: other the instruction must name it; write {{language}} in the text")
    return prompt


def _explain(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _read_header(lines: list[str], file: str) -> tuple[dict, int]:
    """Return what the header says and the index of the first line after it."""
    if not lines or lines[0].strip() != "---":
        return {}, 0
    header: dict[str, str | tuple[str, ...]] = {}
    for number, line in enumerate(lines[1:], 2):
        if line.strip() == "---":
            return header, number
        if not line.strip():
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            raise ValueError(f"{file}, line {number}: a header line is KEY: VALUE, and the header ends with a line ---")
        if key in header:
            raise ValueError(f"{file}, line {number}: {key} stands twice in the header")
        header[key] = _read_value(key, value, f"{file}, line {number}")
    raise ValueError(f"{file}, line 1: the header has no end; close it with a line ---")


def _read_value(key: str, value: str, place: str) -> str | tuple[str, ...]:
    choices = {"style": STYLES, "takes": TAKES, "language": LANGUAGES}
    if key in choices:
        if value not in choices[key]:
            raise ValueError(f"{place}: {key} is {value!r}, and must be one of {', '.join(choices[key])}")
        return value
    if key == "parts":
        parts = tuple(part.strip() for part in value.split(","))
        if len(set(parts)) < len(parts) or not all(_PART.fullmatch(part) for part in parts):
            raise ValueError(f"{place}: parts are different names in a to z and _, such as summary, question")
        return parts
    if key != "about":
        raise ValueError(f"{place}: unknown header key {key!r}; known: about, {', '.join(choices)}, parts")
    return value


def _check_placeholders(lines: list[str], body_start: int, file: str, grades: bool) -> None:
    """Refuse what looks like a placeholder and is none: it would reach the LLM as it stands."""
    names = _PLACEHOLDERS if grades else _PLACEHOLDERS[:-1]
    known = ", ".join(f"{{{name}}}" for name in names)
    passages = 0
    for number, line in enumerate(lines[body_start:], body_start + 1):
        for found in _LIKE_PLACEHOLDER.finditer(line):
            if not _PLACEHOLDER.fullmatch(found[0]) or found[1] not in names:
                raise ValueError(f"{file}, line {number}: {found[0]} is no placeholder; known: {known}")
            passages += found[1] == "passage"
        if passages > 1:
            raise ValueError(f"{file}, line {number}: {{passage}} stands a second time; the text is shown once")
