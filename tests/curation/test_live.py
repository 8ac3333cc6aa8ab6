import time

from curation.llm.completion import Completion
from curation.llm.live import LiveChecks


def answer(text):
    return Completion(text, "stop", "toy", 1, 1)


def wait_for(live, words):
    deadline = time.monotonic() + 10
    while str(live) != words and time.monotonic() < deadline:
        time.sleep(0.01)
    assert str(live) == words


def test_every_answer_is_checked_when_there_is_time():
    with LiveChecks(lambda request, read: read.content == "bad") as live:
        for text in ("bad", "good", "bad"):
            live.add(None, answer(text))
        live.add(None, None)  # refused: there is nothing to check
        wait_for(live, "3 rejected")


def test_slow_checks_hold_nothing_up_and_the_count_is_of_a_share():
    def slow(request, read):
        time.sleep(0.02)
        return True

    with LiveChecks(slow) as live:
        begun = time.monotonic()
        for _ in range(3000):
            live.add(None, answer("bad"))
        assert time.monotonic() - begun < 1
        wait_for(live, "about 3,000 rejected")
