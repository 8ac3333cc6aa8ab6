"""Asking an LLM: an OpenAI-compatible endpoint, limits on pace and money, and the ledger of every paid answer."""
