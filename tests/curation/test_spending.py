import pyarrow as pa
import pytest

from curation.spending import spending_by, spending_lines
from data.records import QUESTION, conform


def questions():
    columns = {
        "query_id": ["a", "b", "c", "d"],
        "lang": ["ko", "ko", "ko", "en"],
        "prompt": ["several", "several", "mldr", "mldr"],
        "request_digest": ["r1", "r1", "r2", "r3"],  # two questions of one answer
        "prompt_tokens": [100, 100, 50, None],
        "completion_tokens": [20, 20, 10, None],
    }
    return conform(pa.table(columns), QUESTION)


def test_an_answer_is_paid_once_however_many_questions_it_holds():
    by_language = spending_by("lang", questions(), ["a", "b"], (2e6, 1e6))
    korean = by_language["ko"]
    assert (korean.requests, korean.prompt_tokens, korean.completion_tokens) == (2, 150, 30)
    assert (korean.asked, korean.kept, korean.cost) == (3, 2, 330.0)
    assert korean.cost_per_kept == 165.0
    assert by_language["en"].cost == 0.0 and by_language["en"].cost_per_kept is None
    assert list(by_language) == ["en", "ko", "all"]
    assert (by_language["all"].requests, by_language["all"].cost_per_kept) == (3, 165.0)


def test_by_instruction():
    by_prompt = spending_by("prompt", questions(), ["a", "c"], (None, None))
    assert (by_prompt["several"].requests, by_prompt["several"].kept) == (1, 1)
    assert (by_prompt["mldr"].requests, by_prompt["mldr"].kept, by_prompt["mldr"].cost) == (2, 1, None)


@pytest.mark.parametrize("prices", [(None, None), (1.0, 1.0)])
def test_the_table_for_the_screen(prices):
    lines = spending_lines(spending_by("lang", questions(), ["a"], prices))
    assert [line.split()[0] for line in lines[1:]] == ["en", "ko", "all"]
    assert ("per kept" in lines[0]) == (prices[0] is not None)
    assert lines[2].split()[1:4] == ["2", "180", "1"]
