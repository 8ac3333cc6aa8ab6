"""The instructions that an LLM is given: one Markdown file each, named by its stem.

`mldr` is the instruction with which MultiLongDoc was made, word for word (M3-Embedding, arXiv 2402.03216, appendix).
"""

import hashlib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Prompt:
    """An instruction: its name, its text, and 16 hexadecimal digits that identify the text."""

    name: str
    text: str
    digest: str

    def render(self, passage: str, title: str | None = None) -> str:
        """Return the message that shows an LLM the instruction, the document's title where there is one, and the
        passage.
        """
        shown = f"{title}\n\n{passage}" if title else passage
        return f"{self.text}\n\n{shown}"


def names() -> list[str]:
    """Return the names of the bundled instructions."""
    return sorted(
        file.name.removesuffix(".md") for file in resources.files(__name__).iterdir() if file.name.endswith(".md")
    )


def load(name: str) -> Prompt:
    """Load the bundled instruction `name`; raises `ValueError` with the known names when there is none."""
    if name not in names():
        raise ValueError(f"there is no prompt named {name!r}; known: {', '.join(names())}")
    text = resources.files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:16])
