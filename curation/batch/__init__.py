"""Asking through the Batch API: cheaper and slower than online, into the same ledger."""
