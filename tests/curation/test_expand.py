import gzip
import json

import pyarrow as pa
import pytest
from question_server import Reply, serve_questions

import prompts
from curation.__main__ import main
from curation.command_config import ExpandConfig
from curation.expand import expand_texts, in_language, judge
from curation.subjects import Subject, cut_text
from data.dataset import write_curated
from data.errors import InputError, RunError
from data.records import DOCUMENT, PAIR, conform
from data.text import estimate_tokens

pytestmark = pytest.mark.usefixtures("short_waits")

ANSWER = "The lighthouse on the northern cliff was built by hand in the spring of that year."


def write_rows(path, rows):
    lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


def read_rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def queries(count):
    return [{"_id": f"q{n}", "text": f"Who built the old lighthouse of island number {n}?"} for n in range(count)]


def shown(body):
    return body["messages"][0]["content"]


def answer_with(texts):
    """Return a plan that answers by what the message holds, and with a good text otherwise."""

    def plan(body, seen):
        return next((reply for part, reply in texts.items() if part in shown(body)), Reply(ANSWER))

    return plan


def expand(server, folder, said=None, **changes):
    settings = {"model": "toy", "base_url": (server.base_url,), "concurrency": 4, "out": folder / "extra.jsonl"}
    return expand_texts(ExpandConfig(**settings | changes), said.append if said is not None else lambda line: None)


def test_rows_in_input_order_and_nothing_asked_twice(tmp_path):
    file = write_rows(tmp_path / "queries.jsonl.gz", queries(5))
    with serve_questions(
        plan=lambda body, seen: Reply(f" {ANSWER} \n", seconds=0.01 * (len(shown(body)) % 3))
    ) as server:
        out = expand(server, tmp_path, queries=file, samples=2)
        first = out.read_bytes()
        assert server.asked == 10
        expand(server, tmp_path, queries=file, samples=2)
        assert server.asked == 10 and out.read_bytes() == first
        more = write_rows(tmp_path / "more.jsonl", [{"_id": 7, "text": "Where does the ferry land?"}, *queries(5)])
        assert len(read_rows(expand(server, tmp_path, queries=more, samples=2))) == 12
        assert server.asked == 12
    rows = [json.loads(line) for line in first.splitlines()]
    assert [(row["id"], row["sample"]) for row in rows] == [(f"q{n}", s) for n in range(5) for s in range(2)]
    assert read_rows(out)[0]["id"] == "7"
    prompt = prompts.load("hyde")
    expected = {"text": ANSWER, "lang": "en", "prompt": "hyde", "prompt_digest": prompt.digest, "model": "toy-2026"}
    expected |= {"model_asked": "toy", "finish_reason": "stop", "parameters": '{"max_tokens": 512}'}
    assert expected.items() <= rows[3].items() and "truncated" not in rows[3] and "reason" not in rows[3]
    assert rows[3]["completion_tokens"] == 16 and len(rows[3]["request_digest"]) == 16
    assert rows[3]["answered_at"][10] == "T" and rows[3]["answered_at"].endswith("+00:00")
    assert len({row["request_digest"] for row in rows}) == 10
    assert shown(server.bodies[0]).startswith(prompt.text) and "Who built" in shown(server.bodies[0])
    assert sorted(path.name for path in tmp_path.glob("*.jsonl*")) == ["extra.jsonl", "more.jsonl", "queries.jsonl.gz"]


def test_what_did_not_come_right_is_set_aside_with_its_reason(tmp_path):
    file = write_rows(tmp_path / "queries.jsonl", queries(7))
    plan = answer_with(
        {
            "number 0?": Reply("The lighthouse was", finish_reason="length"),
            "number 1?": Reply(" \n"),
            "number 2?": Reply(status=400, error={"message": "content policy"}),
            "number 3?": Reply("I'm sorry, but I can't help with that request. Ask me something else."),
            "number 4?": Reply("Der alte Leuchtturm auf der Klippe wurde im Frühjahr von Hand gebaut."),
            "number 5?": Reply("What is told of the lighthouse " + "\ud800"),
        }
    )
    said = []
    with serve_questions(plan=plan) as server:
        out = expand(server, tmp_path, said, queries=file)
    assert [row["id"] for row in read_rows(out)] == ["q5", "q6"] and "\ufffd" in read_rows(out)[0]["text"]
    rejects = {row["id"]: row for row in read_rows(tmp_path / "extra.rejects.jsonl")}
    reasons = ["cut_off", "empty", "refused", "apology", "other_language"]
    assert [rejects[f"q{n}"]["reason"] for n in range(5)] == reasons and len(rejects) == 5
    assert rejects["q4"]["detail"] == "de instead of en" and rejects["q4"]["text"].startswith("Der alte")
    assert rejects["q0"]["finish_reason"] == "length" and rejects["q2"]["finish_reason"] == "refused"
    assert "2 texts for 2 of 7 queries; 5 of 7 answers set aside" in said[-1]
    assert "other_language 1 (such as q4, de instead of en" in said[-1] and "extra.rejects.jsonl" in said[-1]
    assert "raise --max-answer-tokens" in said[-1]


def test_a_run_without_rejects_leaves_no_file_of_an_earlier_one(tmp_path):
    file = write_rows(tmp_path / "queries.jsonl", queries(2))
    with serve_questions(plan=answer_with({"number 0?": Reply("")})) as server:
        expand(server, tmp_path, queries=file)
        assert (tmp_path / "extra.rejects.jsonl").exists()
        expand(server, tmp_path, queries=write_rows(file, queries(2)[1:]))
    assert not (tmp_path / "extra.rejects.jsonl").exists()


def test_nothing_usable_fails_and_writes_no_texts(tmp_path):
    file = write_rows(tmp_path / "queries.jsonl", [{"qid": "k1", "query": "등대는 누가 지었나요?", "lang": "ko"}])
    with serve_questions() as server, pytest.raises(RunError, match=r"none of 1 answers .* other_language 1 .*k1, en"):
        expand(server, tmp_path, queries=file)
    assert not (tmp_path / "extra.jsonl").exists()
    assert read_rows(tmp_path / "extra.rejects.jsonl")[0]["reason"] == "other_language"


def test_bad_rows_are_told_with_their_line(tmp_path):
    bad = ["{broken", {"text": "no id"}, {"_id": "x", "text": " "}, {"_id": "q0", "text": "again"}, "[1]"]
    file = write_rows(tmp_path / "queries.jsonl", [*queries(2), *bad])
    said = []
    with serve_questions(plan=answer_with({})) as server:
        out = expand(server, tmp_path, said, queries=file)
        assert server.asked == 2
    assert len(read_rows(out)) == 2
    rejects = read_rows(tmp_path / "extra.rejects.jsonl")
    reasons = ["broken_json", "no_id", "no_text", "duplicate_id", "not_an_object"]
    assert [(row["place"], row["reason"]) for row in rejects] == [
        (f"{file}:{line}", reason) for line, reason in enumerate(reasons, start=3)
    ]
    assert "2 of " in said[0] and "5 rows set aside" in said[0] and f"{file}:5" in said[0]


def test_documents_are_shown_from_their_beginning(tmp_path):
    sentence = "The island has a lighthouse that was built by hand."
    rows = [
        {"_id": "long", "title": "An island", "text": " ".join([sentence] * 40)},
        {"_id": "short", "title": "An island", "text": f"An island\n{sentence}", "metadata": {}},
    ]
    file = write_rows(tmp_path / "corpus.jsonl", rows)
    said = []
    with serve_questions(plan=answer_with({})) as server:
        out = expand(server, tmp_path, said, corpus=file, prompt="summary", max_document_tokens=100)
    messages = sorted((shown(body) for body in server.bodies), key=len)
    # 52 characters a sentence and 4.2 a token: eight sentences have 99 tokens, nine have 112.
    assert messages[1].endswith("An island\n\n" + " ".join([sentence] * 8)) and messages[0].count("An island") == 1
    assert [(row["id"], row["truncated"]) for row in read_rows(out)] == [("long", True), ("short", False)]
    assert "of 1 only the beginning is shown" in said[0]


def test_documents_of_all_languages_of_a_curated_data_set(tmp_path):
    texts = {"en": ANSWER, "ko": "등대는 북쪽 절벽 위에 손으로 지어졌습니다."}
    columns = {"docid": list(texts), "title": ["", ""], "text": list(texts.values()), "lang": list(texts)}
    documents = conform(pa.table(columns | {"split": ["train", "test"], "tokens": [20, 20]}), DOCUMENT)
    write_curated(tmp_path / "run" / "dataset", PAIR.empty_table(), documents, {})
    with serve_questions(plan=answer_with({texts["ko"]: Reply(texts["ko"])})) as server:
        out = expand(server, tmp_path, corpus=tmp_path / "run", prompt="summary")
    assert {row["id"]: (row["lang"], row["text"]) for row in read_rows(out)} == {
        lang: (lang, text) for lang, text in texts.items()
    }


def test_language_is_the_rows_own_or_the_named_one(tmp_path):
    own = tmp_path / "own.md"
    own.write_text("---\ntakes: query\n---\nAnswer in {language}:", encoding="utf-8")
    rows = [
        {"id": 1, "query": "Wer baute den alten Leuchtturm auf der Insel?", "lang": "deu"},
        {"id": 2, "query": "taxi hotel"},
        {"id": 3, "query": "Кто построил старый маяк на северном острове?", "lang": "ru-RU"},
    ]
    file = write_rows(tmp_path / "queries.jsonl", rows)
    with serve_questions(plan=answer_with({"in German": Reply("Der Leuchtturm wurde von Hand gebaut.")})) as server:
        out = expand(server, tmp_path, queries=file, prompt=str(own), language="fr")
    assert [(row["id"], row["lang"]) for row in read_rows(out)] == [("1", "de")]
    named = sorted(shown(body).partition("\n")[0] for body in server.bodies)
    assert named == ["Answer in French:", "Answer in German:", "Answer in Russian:"]


def test_answers_in_parts_give_their_last_part(tmp_path):
    own = tmp_path / "own.md"
    own.write_text("---\ntakes: query\nparts: idea, query\n---\nThink, then ask it in other words.", encoding="utf-8")
    file = write_rows(tmp_path / "queries.jsonl", queries(2))
    with serve_questions(
        plan=answer_with({"number 0": Reply("idea: turn it\nquery: By whom was it built?")})
    ) as server:
        out = expand(server, tmp_path, queries=file, prompt=str(own))
    assert [row["text"] for row in read_rows(out)] == ["By whom was it built?"]
    reject = read_rows(tmp_path / "extra.rejects.jsonl")[0]
    assert (reject["reason"], reject["text"]) == ("unreadable", ANSWER)


def test_answers_in_parts_come_as_json_where_the_endpoint_offers_schemas(tmp_path):
    own = tmp_path / "own.md"
    own.write_text("---\ntakes: query\nparts: idea, query\n---\nThink, then ask it in other words.", encoding="utf-8")
    file = write_rows(tmp_path / "queries.jsonl", queries(3))
    reply = Reply('{"idea": "turn it", "query": "By whom was it built?"}')
    with serve_questions(plan=lambda body, seen: reply if "response_format" in body else Reply("none")) as server:
        out = expand(server, tmp_path, queries=file, prompt=str(own))
        assert server.asked == 3
        first = out.read_bytes()
        assert expand(server, tmp_path, queries=file, prompt=str(own)).read_bytes() == first and server.asked == 3
    assert [row["text"] for row in read_rows(out)] == ["By whom was it built?"] * 3


def test_a_paraphrase_is_one_line_without_what_is_put_around_it(tmp_path):
    file = write_rows(tmp_path / "queries.jsonl", queries(2))
    plan = answer_with(
        {
            "number 0?": Reply('Here is the query:\n"By whom was the old lighthouse built?"'),
            "number 1?": Reply("1. Who made the lighthouse?\n2. By whom was the lighthouse built?"),
        }
    )
    with serve_questions(plan=plan) as server:
        out = expand(server, tmp_path, queries=file, prompt="paraphrase")
    assert [row["text"] for row in read_rows(out)] == ["By whom was the old lighthouse built?"]
    assert [row["reason"] for row in read_rows(tmp_path / "extra.rejects.jsonl")] == ["extra_content"]


def test_a_budget_ends_it_and_the_same_command_goes_on(tmp_path):
    file = write_rows(tmp_path / "queries.jsonl", queries(5))
    with serve_questions(plan=answer_with({})) as server:
        with pytest.raises(RunError, match="--max-requests"):
            expand(server, tmp_path, queries=file, max_requests=3)
        assert server.asked == 3 and not (tmp_path / "extra.jsonl").exists()
        assert len(read_rows(expand(server, tmp_path, queries=file, max_requests=3))) == 5
        assert server.asked == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "either --queries FILE or --corpus"),
        ({"queries": "q.jsonl", "corpus": "q.jsonl"}, "either --queries FILE or --corpus"),
        ({"queries": "q.jsonl", "prompt": "summary"}, "document.*hyde and paraphrase"),
        ({"corpus": "q.jsonl", "prompt": "hyde"}, "query.*summary"),
        ({"queries": "q.jsonl", "prompt": "hide"}, "'hide'.*hyde and paraphrase"),
        ({"queries": "q.jsonl", "prompt": "several.md"}, "--samples N"),
        ({"queries": "q.jsonl", "prompt": "other.md"}, "text's own"),
        ({"queries": "q.jsonl", "samples": 0}, "--samples must be 1"),
        ({"queries": "q.jsonl", "language": "klingon"}, "klingon"),
        ({"queries": "q.jsonl", "model": None}, "--model"),
        ({"queries": "missing.jsonl"}, r"no file .*missing\.jsonl"),
        ({"queries": "folder"}, r"without queries\.jsonl"),
        ({"corpus": "folder", "prompt": "summary"}, "neither a curated data set"),
        ({"queries": "bad.jsonl"}, r"nothing to expand.*no_text 1 .*bad\.jsonl:1"),
        ({"queries": "q.jsonl", "out": "q.jsonl"}, "same file"),
        ({"queries": "q.jsonl", "out": "bad.jsonl"}, "not written by m3-curate expand"),
        ({"queries": "q.jsonl", "out": "x.jsonl.gz"}, r"ends in \.jsonl"),
        ({"queries": "q.jsonl", "ledger": "extra.jsonl"}, "--out and --ledger"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(tmp_path, changes, message):
    write_rows(tmp_path / "q.jsonl", queries(1))
    write_rows(tmp_path / "bad.jsonl", [{"_id": "x", "text": 5}])
    (tmp_path / "folder").mkdir()
    (tmp_path / "several.md").write_text("---\ntakes: query\n---\nWrite {count} queries.", encoding="utf-8")
    header = "---\ntakes: query\nlanguage: other\n---\n"
    (tmp_path / "other.md").write_text(header + "Write in {language}.", encoding="utf-8")
    for name in ("queries", "corpus", "out", "ledger"):
        if changes.get(name):
            changes = changes | {name: tmp_path / changes[name]}
    if str(changes.get("prompt")).endswith(".md"):
        changes = changes | {"prompt": str(tmp_path / changes["prompt"])}
    before = sorted(tmp_path.iterdir())
    with serve_questions() as server, pytest.raises(InputError, match=message):
        expand(server, tmp_path, **changes)
    assert server.asked == 0 and sorted(tmp_path.iterdir()) == before


def test_the_command(tmp_path, capsys):
    file = write_rows(tmp_path / "queries.jsonl", queries(2))
    with serve_questions(plan=answer_with({})) as server:
        asked = ["--model", "toy", "--base-url", server.base_url, "--out", str(tmp_path / "extra.jsonl")]
        assert main(["expand", "--queries", str(file), "--prompt", "paraphrase", *asked]) == 0
        assert main(["expand", "--queries", str(file), "--prompt", "summary", *asked]) == 2
    said = capsys.readouterr()
    assert said.out == f"written: {tmp_path / 'extra.jsonl'}\n"
    assert "2 texts for 2 of 2 queries" in said.err and "hyde and paraphrase" in said.err


@pytest.mark.parametrize(
    ("text", "max_tokens", "expected"),
    [
        ("One. Two. Three.", 100, ("One. Two. Three.", False)),
        # 4.2 characters a token, so 42 characters have 10 tokens.
        ("A first sentence that is told. A second one that is not.", 10, ("A first sentence that is told.", True)),
        ("The first line without a stop\nand a second one that is longer", 10, ("The first line without a stop", True)),
        ("Too early. " + "word " * 20, 10, ("Too early. word word word word word word", True)),
        ("x" * 50, 10, ("x" * 42, True)),
        # 1.7 characters a token, so 17 characters have 10 tokens.
        ("灯塔建在北边的悬崖上。它是手工建造的。后来有人来了。", 10, ("灯塔建在北边的悬崖上。", True)),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_sentence_or_line(text, max_tokens, expected):
    assert cut_text(text, max_tokens) == expected
    assert estimate_tokens(expected[0]) <= max_tokens


@pytest.mark.parametrize(
    ("text", "finish_reason", "reason"),
    [
        (ANSWER, "stop", None),
        (ANSWER, None, None),
        (ANSWER, "length", "cut_off"),
        ("?!", "stop", "empty"),
        ("I apologize. There is nothing that I know about it.", "stop", "apology"),
        (f"{ANSWER} {ANSWER} {ANSWER} “I'm sorry,” said the keeper of the house.", "stop", None),
        ("등대는 북쪽 절벽 위에 손으로 지어졌습니다.", "stop", "other_language"),
    ],
)
def test_judge(text, finish_reason, reason):
    assert judge(text, finish_reason, Subject("q", "Who built the lighthouse?", "en")) == reason


def test_a_query_that_apologises_may_be_told_in_other_words():
    assert judge("I cannot log in to the account", "stop", Subject("q", "I can't log in to my account", "en")) is None


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("Nike", "de", True),  # too short to tell languages of one script apart
        ("Nike", "ko", False),
        ("anything at all", "und", True),
        ("등대 Nike 사진", "ko", True),
        (ANSWER, "fr", False),
        ("Ко је саградио стари светионик на острву у северном мору?", "sr", True),
    ],
)
def test_in_language(text, lang, expected):
    assert in_language(text, lang) is expected
