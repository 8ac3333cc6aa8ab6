"""Which questions and documents form each batch: documents -> examples -> plan -> columns of a step."""
