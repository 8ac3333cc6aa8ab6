"""Record the loss and the gradients of one training step of FlagEmbedding's M3 module.

Runs in FlagEmbedding's environment (see record_parity.py); `benchmarks/step_parity.py` calls it and holds ours against
what it wrote:

    parity-env/bin/python benchmarks/record_step_parity.py --model tests/fixtures/parity/model
        --texts tests/fixtures/parity/texts.jsonl --out DIR

The recording of the tests (two of the cases, rounded to float32, which is enough for both precisions):

        --out tests/fixtures/step_parity --store float32 --cases equal-plain unequal-distill

Four questions, each with its passage and two hard negatives, go through FlagEmbedding's own collator and model with the
settings of its M3 scripts (unified training, normalised vectors, temperature 0.02); dropout is off, because no two
programs draw the same. Cases: passages cut to one length, and of unequal lengths; each with and without
self-distillation. Padding (a zero vector) can win a maximum there: the script looks where every maximum fell, and stops
when one fell on padding, so that the recorded cases are those in which FlagEmbedding computes what it means to.

Out: `CASE.safetensors` with the loss, the ids and the gradients, computed in the asked precision. The embedding tables'
gradients are given for the rows that are not zero.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch
import transformers
from FlagEmbedding.abc.finetune.embedder.AbsDataset import AbsEmbedderCollator
from FlagEmbedding.finetune.embedder.encoder_only.m3 import EncoderOnlyEmbedderM3Model
from FlagEmbedding.finetune.embedder.encoder_only.m3.runner import EncoderOnlyEmbedderM3Runner
from safetensors.torch import save_file
from transformers import AutoTokenizer

QUESTIONS, GROUP = 4, 3  # one passage and two hard negatives each
TEMPERATURE = 0.02
PASSAGE_TOKENS = {"equal": 48, "unequal": 96}  # the shortest of the twelve passages has 52
QUERY_TOKENS = 96
CASES = ("equal-plain", "equal-distill", "unequal-plain", "unequal-distill")
# The fixture's lexical head is so large that its softmax at this temperature is 0 or 1 and has no gradient.
LEXICAL_SCALE = 1 / 16


def build(model: Path, dtype: torch.dtype, distill: bool) -> EncoderOnlyEmbedderM3Model:
    """Return FlagEmbedding's training module as its runner builds it, without dropout."""
    module = EncoderOnlyEmbedderM3Model(
        EncoderOnlyEmbedderM3Runner.get_model(str(model)),
        tokenizer=AutoTokenizer.from_pretrained(model),
        temperature=TEMPERATURE,
        kd_loss_type="kl_div",
        sentence_pooling_method="cls",
        normalize_embeddings=True,
        unified_finetuning=True,
        use_self_distill=distill,
        self_distill_start_step=-1,
    ).to(dtype)
    with torch.no_grad():
        module.sparse_linear.weight.mul_(LEXICAL_SCALE)
        module.sparse_linear.bias.mul_(LEXICAL_SCALE)
    module.train()
    module.model.eval()  # dropout alone depends on it
    return module


def make_batch(module: EncoderOnlyEmbedderM3Model, texts: Path, passage_tokens: int) -> dict[str, Any]:
    """Return a batch of FlagEmbedding's collator: passages 3i, 3i + 1 and 3i + 2 belong to question i."""
    rows = [json.loads(line) for line in texts.read_text(encoding="utf-8").splitlines()]
    others = iter(row["text"] for row in rows[QUESTIONS:])
    groups = [[row["text"], *(next(others) for _ in range(GROUP - 1))] for row in rows[:QUESTIONS]]
    features = [(row["query"], group, None) for row, group in zip(rows, groups, strict=False)]
    return AbsEmbedderCollator(module.tokenizer, query_max_len=QUERY_TOKENS, passage_max_len=passage_tokens)(features)


@torch.no_grad()
def winning_padding(module: EncoderOnlyEmbedderM3Model, batch: dict[str, Any]) -> int:
    """Return how many real query tokens have their largest inner product with a passage's padding."""
    _, _, queries = module.encode(batch["queries"])  # [Bq, Lq - 1, d]
    _, _, passages = module.encode(batch["passages"])  # [Bp, Lp - 1, d]
    real = batch["passages"]["attention_mask"][:, 1:].bool()  # [Bp, Lp - 1]
    similar = torch.einsum("qin,pjn->qipj", queries, passages)  # [Bq, Lq - 1, Bp, Lp - 1]
    padded = ~real[None, None].expand_as(similar).gather(-1, similar.argmax(-1, keepdim=True))  # [Bq, Lq - 1, Bp, 1]
    return int(padded[batch["queries"]["attention_mask"][:, 1:].bool()].sum())


def record(module: EncoderOnlyEmbedderM3Model, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the step's loss, token ids and gradients by the names of the parameters in the M3 of this project."""
    loss = module(**batch).loss
    loss.backward()
    found = {"loss": loss.detach().reshape(1)}
    for side in ("queries", "passages"):
        mask = batch[side]["attention_mask"].bool()
        found[f"{side}.ids"] = batch[side]["input_ids"][mask].int()
        found[f"{side}.lengths"] = mask.sum(dim=1).int()
    for name, parameter in module.named_parameters():
        if parameter.grad is None:  # the pooler: no score uses it
            continue
        name = name.replace("model.", "encoder.", 1) if name.startswith("model.") else name
        if "_embeddings.weight" in name:
            rows = parameter.grad.abs().sum(dim=1).nonzero().squeeze(1)
            found[f"rows.{name}"] = rows.int()
            found[f"gradient.{name}"] = parameter.grad[rows]
        else:
            found[f"gradient.{name}"] = parameter.grad
    return found


def main() -> None:
    """Record all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder that m3-train saved")
    parser.add_argument("--texts", type=Path, required=True, help="texts.jsonl with query and text in each line")
    parser.add_argument("--out", type=Path, required=True, help="folder for CASE.safetensors")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float64", help="precision of the step")
    parser.add_argument("--store", choices=["float32", "float64"], default="float64", help="precision in the files")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "FlagEmbedding": "1.4.2"}
    for case in options.cases:
        lengths, loss = case.split("-")
        module = build(options.model, getattr(torch, options.dtype), distill=loss == "distill")
        batch = make_batch(module, options.texts, PASSAGE_TOKENS[lengths])
        if padding := winning_padding(module, batch):
            raise SystemExit(f"{case}: padding wins {padding} maxima in FlagEmbedding; take other texts")
        found = record(module, batch)
        store = getattr(torch, options.store)
        found = {name: value.to(store) if value.is_floating_point() else value for name, value in found.items()}
        about = {"temperature": str(TEMPERATURE), "distill": str(loss == "distill"), "group": str(GROUP)}
        about |= {"lexical_scale": str(LEXICAL_SCALE), "computed_in": options.dtype}
        file = options.out / f"{case}.safetensors"
        save_file({name: value.contiguous() for name, value in found.items()}, file, about | versions)
        file.chmod(0o644)
        print(f"{case}: loss {found['loss'].item():.9f}, passages of {found['passages.lengths'].tolist()} tokens")


if __name__ == "__main__":
    main()
