"""Test collections: documents, questions and judgements, from every layout that is read."""
