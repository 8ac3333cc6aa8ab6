import json
from html.parser import HTMLParser

import pytest
from curation_toy import small_run, write_documents, write_rows

from curation import pipeline
from curation.command_config import InspectConfig
from curation.config import FilterConfig, SplitConfig
from curation.report import write_report
from data.atlas import make_document
from data.errors import InputError

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</mark></div></article><svg onload=alert(1)>",
    "{{ figures }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnirts desrever\u2066",
    "\x1b[31mred\x1b[2J\x07",
    "&lt;script&gt;&#x3c;",
)


class Page(HTMLParser):
    """What a browser would make of a page: elements, attributes and the text."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.attributes, self.words, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += attributes
        if tag not in ("meta", "img", "br", "link", "input", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory):
    """Return the folder of a run whose ids, titles, texts, file names and rejects all want to harm a reader."""
    folder = tmp_path_factory.mktemp("hostile")
    documents = folder / "documents"
    documents.mkdir()
    rows, poison = [], " ".join(HOSTILE)
    for number in range(12):
        # Within sentences, so that it comes into passages and keyword queries.
        text = make_document("en", number, 0, 900).text.replace(" the ", f" the {poison} ")
        rows.append({"id": f"{number}{poison}", "title": poison, "text": text, "lang": "en"})
    rows += [{**row, "id": row["id"] + poison} for row in rows]  # exact duplicates, set aside by id
    write_rows(documents / "<b onclick=x>\u202e.jsonl", rows)
    pipeline.run(
        small_run(documents, folder / "run", split=SplitConfig(jaccard=1.0), filter=FilterConfig(uniqueness_depth=0))
    )
    write_report(InspectConfig(out=folder / "run"))
    return folder / "run"


def test_hostile_text_is_inert(hostile_run):
    html = (hostile_run / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert not {"script", "svg", "iframe", "object", "b"} & set(page.elements)
    assert "img" not in page.elements
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not [value for name, value in page.attributes if name in ("href", "src", "action", "formaction")]
    assert page.open == []  # nothing that came from a document closed an element of ours
    shown = "".join(page.words)
    for poison in HOSTILE:
        assert poison in shown, poison  # told, not lost
    assert page.elements.count("article") == 3
    assert "Content-Security-Policy" in html and "default-src 'none'" in html


def test_what_turns_direction_is_held_in_its_place(hostile_run):
    html = (hostile_run / "report.html").read_text(encoding="utf-8")
    places = [number for number, character in enumerate(html) if character == "\u202e"]
    assert len(places) > 10
    for place in places:
        opened = max(html.rfind(opening, 0, place) for opening in ("<bdi>", "<h3>", "<td", '<div class="document"'))
        before = html[opened:place]
        assert not any(closing in before for closing in ("</bdi>", "</h3>", "</td>", "</div>")), before[-200:]


def test_the_figures_add_up(tmp_path):
    out = tmp_path / "run"
    dataset = pipeline.run(small_run(write_documents(tmp_path / "documents", ("en", "th"), 6), out))
    lines = write_report(InspectConfig(out=out))
    figures = json.loads((out / "report.json").read_text())
    assert list(figures["stages"]) == ["sample", "split", "passages", "generate", "filter", "dedup"]
    sample, split = figures["stages"]["sample"], figures["stages"]["split"]
    assert (sample["rows"], sample["rows_by_language"], sample["set_aside"]) == (12, {"en": 6, "th": 6}, 0)
    assert split["rows"] + split["set_aside"] == 12
    assert figures["dataset"] == dataset.manifest["counts"]
    kept = sum(language["kept"] for language in figures["kept_by_language"].values())
    assert kept == figures["stages"]["filter"]["rows"] - sum(figures["stages"]["filter"]["reasons"].values())
    assert figures["generation"]["models"] == {"none (no LLM was asked)": 12}
    assert lines[0].startswith("12 documents in 2 languages")
    assert lines[-1].endswith("report.html")
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert page.open == [] and page.elements.count("article") == 6


def test_a_report_of_an_unfinished_run(tmp_path):
    config = small_run(write_documents(tmp_path / "documents", ("en",), 4), tmp_path / "run")
    with pipeline.open_run(config):
        pipeline.run_stages(config, "split")
    write_report(InspectConfig(out=tmp_path / "run"))
    assert "not finished" in (tmp_path / "run" / "report.html").read_text()


def test_evaluations_are_shown_and_checked(tmp_path):
    config = small_run(write_documents(tmp_path / "documents", ("en",), 4), tmp_path / "run")
    pipeline.run(config)
    scores = {lang: {"ndcg@10": 0.625, "recall@100": 1.0, "mrr@10": 0.5} for lang in ("en", "all")}
    (tmp_path / "<i>before.json").write_text(json.dumps({"metrics": {"dense": scores}}))
    write_report(InspectConfig(out=tmp_path / "run", evaluations=(tmp_path / "<i>before.json",)))
    page = Page((tmp_path / "run" / "report.html").read_text())
    assert "0.625" in page.words and "i" not in page.elements
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(InputError, match="m3-train evaluate"):
        write_report(InspectConfig(out=tmp_path / "run", evaluations=(tmp_path / "bad.json",)))
    with pytest.raises(InputError, match=r"curves\.png"):
        write_report(InspectConfig(out=tmp_path / "run", training=tmp_path))
    with pytest.raises(InputError, match="no finished stage"):
        write_report(InspectConfig(out=tmp_path / "nothing"))
