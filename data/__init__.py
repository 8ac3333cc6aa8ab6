"""What both halves agree on: records, the curated data set on disk, text, BM25, and a bundled sample corpus."""
