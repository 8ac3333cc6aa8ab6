"""Fixtures of the tests that ask an LLM."""

import pytest


@pytest.fixture
def short_waits(monkeypatch):
    """No key and no endpoint in the environment, and failures that are tried again at once."""
    import curation.llm.asking

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setattr(curation.llm.asking, "_FIRST_WAIT_SECONDS", 0.01)


@pytest.fixture
def ledger(tmp_path):
    """Where the ledger of a test will stand."""
    return tmp_path / "ledger.sqlite"
