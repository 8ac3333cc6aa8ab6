import dataclasses
import json

import pyarrow as pa
import pytest
from curation_toy import small_run, write_documents
from generate_toy import ask, make_passages
from question_server import Reply, serve_questions

import prompts
from curation import pipeline
from curation.__main__ import main
from curation.config import FilterConfig, GenerateConfig, JudgeConfig
from curation.generate import generate_questions
from curation.judge import check_judge, judge_questions, judge_settings, read_verdict, write_audit
from curation.llm.limits import make_budget
from data.dataset import load_curated
from data.errors import InputError, RunError
from data.records import SPLITS

PROMPT = prompts.load("judge")
GOOD = {"reason": "Clear.", "grounded": 5, "specific": 4, "answerable": 5, "self_contained": 5}


def labelled(**grades):
    return "\n".join(f"{name}: {value}" for name, value in (GOOD | grades).items())


@pytest.mark.parametrize(
    ("answer", "grades"),
    [
        (json.dumps(GOOD), [5, 4, 5, 5]),
        (json.dumps({name: str(value) for name, value in GOOD.items()}), [5, 4, 5, 5]),
        ("```json\n" + json.dumps(GOOD) + "\n```", [5, 4, 5, 5]),
        (labelled(), [5, 4, 5, 5]),
        (labelled(specific="2/5", answerable="**3** (partly)"), [5, 2, 3, 5]),
        ("Reason: ok\n- Grounded: 1\n- Specific: 1\n- Answerable: 1\n- Self contained: 1", [1, 1, 1, 1]),
    ],
)
def test_verdicts_are_read_in_the_forms_that_models_write(answer, grades):
    assert list(read_verdict(answer, PROMPT).grades.values()) == grades


@pytest.mark.parametrize(
    "answer",
    ["", "I'm sorry.", labelled(grounded=""), labelled(specific="10"), labelled(specific="0"),
     labelled(specific="high"), labelled(answerable="4.5"),
     json.dumps(GOOD | {"grounded": True}), json.dumps({"grounded": 5}), "[" * 5000],
)  # fmt: skip
def test_what_is_no_verdict_is_none(answer):
    assert read_verdict(answer, PROMPT) is None


@pytest.mark.parametrize(
    ("grades", "threshold", "fault"),
    [({}, 4, None), ({}, 5, "judge_specific"), ({"grounded": 3}, 4, "judge_grounded"),
     ({"grounded": 3, "self_contained": 1}, 4, "judge_self_contained"), ({"answerable": 2}, 2, None)],
)  # fmt: skip
def test_the_lowest_grade_decides_and_names_the_reason(grades, threshold, fault):
    assert read_verdict(labelled(**grades), PROMPT).fault(threshold) == fault


def grade_by_number(body, time_seen):
    """A judge that gives the question about lighthouse-N a 1 for an odd N, and no verdict for N = 4."""
    message = body["messages"][-1]["content"]
    if PROMPT.text[:40] not in message:
        return Reply()
    number = int(message.split("lighthouse-")[1].split(",")[0])
    return Reply(text="Hm." if number == 4 else labelled(grounded=1 if number % 2 else 5))


@pytest.fixture
def asked(tmp_path):
    """Six questions, their passages, a server that asks and judges, and the ledger."""
    with serve_questions(plan=grade_by_number) as server:
        passages = make_passages(6)
        questions = generate_questions(passages, ask(server), tmp_path / "ledger.sqlite")
        yield server, passages, questions, tmp_path / "ledger.sqlite"


def judged(asked, budget=None, generate=None, **changes):
    server, passages, questions, ledger = asked
    generate = generate or ask(server)
    config = JudgeConfig(**{"judge_model": "toy"} | changes)
    return judge_questions(questions, passages, config, generate, ledger, budget or make_budget(generate))


def test_questions_are_graded_and_low_ones_dropped(asked):
    table = judged(asked)
    bad = "judge_grounded"
    assert table["reason"].to_pylist() == [None, bad, None, bad, "judge_unreadable", bad]
    assert table["judge_grounded"].to_pylist() == [5, 1, 5, 1, None, 1]
    assert table["judge_reason"].to_pylist()[0] == "Clear."
    assert set(table["judge_model"].to_pylist()) == {"toy-2026"}


def test_nothing_is_judged_twice_whatever_the_threshold(asked):
    judged(asked)
    before = asked[0].asked
    table = judged(asked, judge_threshold=1)
    assert asked[0].asked == before
    assert table["reason"].to_pylist() == [None] * 4 + ["judge_unreadable", None]


def test_what_was_dropped_before_is_not_judged(asked):
    server, passages, questions, ledger = asked
    marked = pa.array(["too_short", None, None, None, None, None], pa.string())
    questions = questions.set_column(questions.column_names.index("reason"), "reason", marked)
    table = judged((server, passages, questions, ledger))
    assert table["reason"][0].as_py() == "too_short" and table["judge_model"][0].as_py() is None


def test_the_judge_spends_what_the_generator_left(asked):
    server, passages, questions, ledger = asked
    capped = ask(server, max_requests=10)
    budget = make_budget(capped)
    generate_questions(passages.slice(0, 6), ask(server, max_requests=10, temperature=0.5), ledger, budget=budget)
    assert budget.sent == 6
    with pytest.raises(RunError, match="--max-requests"):
        judged((server, passages, questions, ledger), budget, capped)
    assert budget.sent == 10


def test_the_judge_has_prices_and_an_endpoint_of_its_own():
    generate = GenerateConfig(generator="openai", model="small", base_url=("http://a/v1",), temperature=0.9,
                              price_in=1.0, price_out=2.0, parameters=("top_p=0.5",))  # fmt: skip
    plain = judge_settings(JudgeConfig(judge_model="wise"), generate)
    assert (plain.model, plain.base_url, plain.price_in, plain.temperature) == ("wise", ("http://a/v1",), 1.0, None)
    assert plain.parameters == ()
    own = judge_settings(JudgeConfig(judge_model="wise", judge_base_url=("http://b/v1",), judge_price_in=5.0), generate)
    assert (own.base_url, own.price_in, own.price_out) == (("http://b/v1",), 5.0, 2.0)


def test_settings_are_checked_before_anything_is_paid(tmp_path):
    generate = GenerateConfig()
    check_judge(JudgeConfig(), generate)
    with pytest.raises(InputError, match="is about a passage"):
        check_judge(JudgeConfig(judge_model="wise", judge_prompt="mldr"), generate)
    file = tmp_path / "mine.md"
    file.write_text("---\ntakes: question\nstyle: grades\nparts: reason, grounded\n---\n{passage} {question}\n")
    with pytest.raises(InputError, match="reason, grounded, specific"):
        check_judge(JudgeConfig(judge_model="wise", judge_prompt=str(file)), generate)


def test_a_share_of_both_sides_is_laid_out_for_a_person(asked, tmp_path):
    table, file = judged(asked), tmp_path / "audit.jsonl"
    assert write_audit(table, asked[1], JudgeConfig(judge_audit_share=1.0), 0, file) == 6
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["kept"] for row in rows] == [True, False, True, False, False, False]
    assert rows[1]["dropped_for"] == "judge_grounded" and rows[1]["judge_grounded"] == 1 and rows[1]["right"] is None
    assert rows[1]["passage"] == asked[1]["text"][1].as_py()
    assert write_audit(table, asked[1], JudgeConfig(judge_audit_share=0.0), 0, file) == 0


def test_a_run_with_a_judge_and_the_command_by_itself(tmp_path, capsys):
    grades = {"specific": 5}

    def plan(body, time_seen):
        judging = PROMPT.text[:40] in body["messages"][-1]["content"]
        return Reply(text=labelled(**grades)) if judging else Reply()

    source, out = write_documents(tmp_path / "documents", ("en",), 6), tmp_path / "run"
    with serve_questions(plan=plan) as server:
        options = ["--out", str(out), "--source", str(source), "--generator", "openai", "--model", "toy"]
        checks = ["--min-overlap", "0", "--uniqueness-depth", "0"]
        assert main(["run", *options, "--base-url", server.base_url, *checks]) == 0
        asked = server.asked
        assert pairs_of(out)["judge_model"].null_count == len(pairs_of(out)) > 0
        assert main(["judge", "--out", str(out)]) == 2
        assert "--judge-model" in capsys.readouterr().err
        assert main(["estimate", "--out", str(out)]) == 0
        assert "judge" not in capsys.readouterr().out
        prices = ["--judge-price-in", "1000", "--judge-price-out", "0"]
        assert main(["estimate", "--out", str(out), "--judge-model", "toy", *prices]) == 0
        assert f"the judge: {len(pairs_of(out))} requests" in capsys.readouterr().out
        assert main(["judge", "--out", str(out), "--judge-model", "toy"]) == 0
        judged_pairs = pairs_of(out)
        assert set(judged_pairs["judge_model"].to_pylist()) == {"toy-2026"}
        assert server.asked == asked + len(judged_pairs) + 1  # once whether the endpoint offers JSON schemas
        assert main(["dedup", "--out", str(out)]) == 0  # leaves the judged data set alone
        assert pairs_of(out) == judged_pairs
        assert main(["estimate", "--out", str(out)]) == 0
        assert "the judge: 0 requests" in capsys.readouterr().out  # all are judged
        assert main(["judge", "--out", str(out), "--judge-threshold", "5", "--overwrite"]) == 0
        assert server.asked == asked + len(judged_pairs) + 1  # the same grades, from the ledger
        assert (out / "audit.jsonl").exists()


def pairs_of(out):
    dataset = load_curated(out)
    return pa.concat_tables([dataset.pairs("en", split) for split in SPLITS]).combine_chunks()


def test_errors_say_that_the_judge_was_asked(asked):
    with pytest.raises(InputError, match="asking the judge"):
        judged(asked, judge_model="nobody")


def test_verdicts_that_did_not_come_are_asked_for_again_on_demand(tmp_path):
    calls = []

    def plan(body, time_seen):
        if PROMPT.text[:40] not in body["messages"][-1]["content"]:
            return Reply()
        calls.append(body)
        return Reply(text=labelled(), finish_reason="length" if time_seen == 1 and len(calls) < 9 else "stop")

    source, out = write_documents(tmp_path / "documents", ("en",), 4), tmp_path / "run"
    with serve_questions(plan=plan) as server:
        config = small_run(
            source, out, generate=ask(server), judge=JudgeConfig(judge_model="toy"),
            filter=FilterConfig(min_overlap=0, uniqueness_depth=0),
        )  # fmt: skip
        pipeline.run(config)
        before = len(calls)
        pipeline.run(config)
        assert len(calls) == before
        pipeline.run(dataclasses.replace(config, generate=ask(server, retry_failed=True)))
        assert len(calls) > before


def test_a_judge_that_gives_no_grades_is_stopped_before_all_is_paid(tmp_path):
    with serve_questions(plan=lambda body, time_seen: Reply(text="It is a fine question.")) as server:
        passages = make_passages(60)
        questions = generate_questions(passages, GenerateConfig(), tmp_path / "ledger.sqlite")
        config, generate = JudgeConfig(judge_model="toy"), ask(server)
        with pytest.raises(RunError, match="It is a fine question"):
            judge_questions(questions, passages, config, generate, tmp_path / "l", make_budget(generate))
        assert server.asked == 21  # one of them asked for a JSON schema
        few = questions.slice(0, 5)
        table = judge_questions(few, passages, config, generate, tmp_path / "l", make_budget(generate))
    assert table["reason"].to_pylist() == ["judge_unreadable"] * 5
    assert table["judge_reason"].to_pylist() == ["It is a fine question."] * 5
