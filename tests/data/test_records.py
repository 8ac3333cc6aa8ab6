import pyarrow as pa
import pytest

from data.records import DOCUMENT, PAIR, PASSAGE, QUESTION, REJECT, conform


def test_conform_orders_fills_and_casts():
    table = conform(pa.table({"text": ["t"], "docid": ["d"], "tokens": [3]}), DOCUMENT)
    assert table.schema == DOCUMENT
    row = table.to_pylist()[0]
    assert (row["docid"], row["text"], row["tokens"], row["split"]) == ("d", "t", 3, None)


def test_conform_refuses_a_column_that_drifted():
    with pytest.raises(ValueError, match="titel"):
        conform(pa.table({"docid": ["d"], "titel": ["x"]}), DOCUMENT)


def test_conform_refuses_a_value_of_another_kind():
    with pytest.raises(pa.ArrowInvalid):
        conform(pa.table({"docid": ["d"], "tokens": ["many"]}), DOCUMENT)
    with pytest.raises(pa.ArrowInvalid):
        conform(pa.table({"docid": ["d"], "tokens": [2**40]}), DOCUMENT)


@pytest.mark.parametrize("schema", [DOCUMENT, PASSAGE, QUESTION, PAIR, REJECT])
def test_an_empty_table_conforms(schema):
    assert conform(pa.table({}), schema).schema == schema
    assert len(set(schema.names)) == len(schema.names)
