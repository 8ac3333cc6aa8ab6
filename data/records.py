"""The columns of everything that flows through the pipeline, each record type defined once.

Document -> Passage -> Question -> Pair. A stage takes a table of one of these schemas and returns a table of one of
them; `conform` is called where a table is written, so a column that drifts is found there and not three stages later.
Character offsets are Python string offsets: code points, half open `[start, end)`.
"""

import pyarrow as pa

DOCUMENT = pa.schema(
    [
        ("docid", pa.string()),
        ("title", pa.string()),
        ("text", pa.large_string()),
        ("lang", pa.string()),
        ("lang_origin", pa.string()),  # "given" by the source, or "detected" by us
        ("other_lang", pa.string()),  # another language that much of the text is in; null: there is none
        ("script", pa.string()),  # most of its letters, by ISO 15924: Latn, Cyrl, Hans, Hant ...
        ("source", pa.string()),  # file or hub data set the document was read from
        ("licence", pa.string()),
        ("group", pa.string()),  # documents of one group are translations of each other
        ("tokens", pa.int32()),  # length of title and text in tokens of the run's tokenizer
        ("cluster", pa.string()),  # documents of one cluster are near-duplicates
        ("split", pa.string()),  # train, dev or test
    ]
)

PASSAGE = pa.schema(
    [
        ("passage_id", pa.string()),
        ("docid", pa.string()),
        ("lang", pa.string()),
        ("split", pa.string()),
        ("title", pa.string()),
        ("text", pa.large_string()),
        ("start", pa.int64()),  # offsets of the passage in the document's text
        ("end", pa.int64()),
        ("tokens", pa.int32()),
        ("token_start", pa.int32()),  # tokens of the document (title included) that stand before the passage
    ]
)

QUESTION = pa.schema(
    [
        ("query_id", pa.string()),
        ("query", pa.string()),
        ("answer", pa.string()),  # what the generator returned, raw
        ("finish_reason", pa.string()),
        ("passage_id", pa.string()),
        ("docid", pa.string()),
        ("lang", pa.string()),
        ("split", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("token_start", pa.int32()),
        ("tokens", pa.int32()),
        ("query_lang", pa.string()),  # the language that was asked for; `lang` is the document's
        ("style", pa.string()),  # question, keywords, or claim
        ("details", pa.string()),  # the other parts of the answer (a summary, places of the passage) as a JSON object
        ("generator", pa.string()),  # openai, or extractive: no LLM was asked
        ("model", pa.string()),  # the model that answered, as the endpoint names it
        ("model_asked", pa.string()),
        ("parameters", pa.string()),  # everything in the request but model and messages, as a JSON object
        ("prompt", pa.string()),
        ("prompt_digest", pa.string()),
        ("request_digest", pa.string()),  # key of the answer in the ledger; several questions may share one answer
        ("prompt_tokens", pa.int32()),  # of the whole request, all tries that were paid for together
        ("completion_tokens", pa.int32()),  # of the whole answer, likewise
        ("answered_at", pa.timestamp("ms", tz="UTC")),
        ("detected_lang", pa.string()),  # what the checks measured
        ("lexical_overlap", pa.float32()),  # share of the query's character n-grams that stand in the passage
        ("bm25_rank", pa.int32()),  # rank of the source document for the query, 0 if below the checked depth
        ("also_relevant", pa.list_(pa.string())),  # documents that BM25 ranks above the source: they may answer it too
        ("near_duplicate_of", pa.string()),  # a kept question of another document that is worded almost alike
        ("judge_model", pa.string()),  # the LLM that judged the question; null: none did
        ("judge_grounded", pa.int8()),  # its grades, 1 to 5
        ("judge_specific", pa.int8()),
        ("judge_answerable", pa.int8()),
        ("judge_self_contained", pa.int8()),
        ("judge_reason", pa.string()),  # why, in its words
        ("reason", pa.string()),  # null: kept
    ]
)

PAIR = pa.schema(
    [
        ("query_id", pa.string()),
        ("query", pa.string()),
        ("positive_ids", pa.list_(pa.string())),
        ("negative_ids", pa.list_(pa.string())),  # hard negatives, hardest first; the three columns below go with it
        ("negative_miners", pa.list_(pa.string())),  # what found each: bm25, dense, sparse, multi_vec
        ("negative_ranks", pa.list_(pa.int32())),  # its rank there among all documents, from 1
        ("negative_scores", pa.list_(pa.float32())),  # and its score there
        ("pos_scores", pa.list_(pa.float32())),  # a teacher's scores of the positives; empty: none was asked
        ("neg_scores", pa.list_(pa.float32())),  # and of the negatives
        ("lang", pa.string()),
        ("evidence_start", pa.int64()),  # offsets of the passage in the text of the positive document
        ("evidence_end", pa.int64()),
        ("evidence_token_start", pa.int32()),
        ("evidence_tokens", pa.int32()),
        ("evidence_digest", pa.string()),  # data.files.digest of the passage: whether the offsets still point at it
        *(
            QUESTION.field(name)
            for name in (
                "query_lang",
                "style",
                "details",
                "generator",
                "model",
                "model_asked",
                "parameters",
                "prompt",
                "prompt_digest",
                "request_digest",
                "prompt_tokens",
                "completion_tokens",
                "finish_reason",
                "answered_at",
                "detected_lang",
                "lexical_overlap",
                "bm25_rank",
                "also_relevant",
                "near_duplicate_of",
                "judge_model",
                "judge_grounded",
                "judge_specific",
                "judge_answerable",
                "judge_self_contained",
                "judge_reason",
            )
        ),
    ]
)

REJECT = pa.schema(
    [
        ("place", pa.string()),  # file:line, or the record's id
        ("reason", pa.string()),  # one word that can be counted
        ("detail", pa.string()),
    ]
)

SPLITS = ("train", "dev", "test")


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return `table` with exactly the columns of `schema`, in its order; columns not filled yet become null.

    Raises `ValueError` when the table has a column that the schema does not know.
    """
    unknown = set(table.column_names) - set(schema.names)
    if unknown:
        raise ValueError(f"columns {sorted(unknown)} are not part of the record {schema.names}")
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
