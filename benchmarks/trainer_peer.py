"""A peer's training step for benchmarks/trainer.py, in the peer's own environment.

FlagEmbedding 1.4.2: its training module as its runner builds it (unified heads, self-distillation, normalised vectors),
batches from its own collator. Programs: `flagembedding`; `flagembedding-checkpointing`, its --gradient_checkpointing;
`flagembedding-sub-batch`, its --sub_batch_size of --setting.

sentence-transformers 6: `CachedMultipleNegativesRankingLoss`, dense vectors alone. Programs: `st-sequences`,
mini-batches of --setting sequences; `st-tokens`, its mini-batches by tokens, of --setting.
"""

import argparse
from typing import Any

import torch
from trainer_work import QUERY_TOKENS, TEMPERATURE, Batch, Program, run, text_of


def build_flag_embedding(options: argparse.Namespace) -> Program:
    """Return FlagEmbedding's training as its runner and the Trainer set it up."""
    from FlagEmbedding.abc.finetune.embedder.AbsDataset import AbsEmbedderCollator
    from FlagEmbedding.finetune.embedder.encoder_only.m3 import EncoderOnlyEmbedderM3Model
    from FlagEmbedding.finetune.embedder.encoder_only.m3.runner import EncoderOnlyEmbedderM3Runner
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.model)
    sub_batch = options.setting if options.program == "flagembedding-sub-batch" else -1
    module = EncoderOnlyEmbedderM3Model(
        EncoderOnlyEmbedderM3Runner.get_model(str(options.model)),
        tokenizer=tokenizer,
        temperature=TEMPERATURE,
        sub_batch_size=sub_batch,
        kd_loss_type="kl_div",
        sentence_pooling_method="cls",
        normalize_embeddings=True,
        unified_finetuning=options.heads == "unified",
        use_self_distill=options.heads == "unified",
    )
    if options.program == "flagembedding-checkpointing":
        module.enable_input_require_grads()
        module.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    module.to(options.device).train()
    longest = tokenizer.model_max_length
    collate = AbsEmbedderCollator(
        tokenizer, query_max_len=QUERY_TOKENS, passage_max_len=longest, sub_batch_size=sub_batch
    )

    def prepare(batch: Batch) -> Any:
        pairs = zip(batch["queries"], batch["groups"], strict=True)
        batch = collate([(text_of(query), [text_of(ids) for ids in group], None) for query, group in pairs])
        moved = {name: batch[name].to(options.device) for name in ("queries", "passages") if sub_batch < 0}
        return batch | moved

    return Program(list(module.parameters()), prepare, lambda batch: module(**batch).loss, options.device)


def build_sentence_transformers(options: argparse.Namespace) -> Program:
    """Return sentence-transformers' cached in-batch-negatives loss over its model of the same folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss

    model = SentenceTransformer(str(options.model), device="cpu").train()
    by_tokens = {"mini_batch_num_tokens": options.setting}
    by_sequences = {"mini_batch_size": options.setting}
    loss = CachedMultipleNegativesRankingLoss(
        model, scale=1 / TEMPERATURE, **(by_tokens if options.program == "st-tokens" else by_sequences)
    )

    def prepare(batch: Batch) -> list[dict[str, Any]]:
        columns = [batch["queries"], *zip(*batch["groups"], strict=True)]
        return [model.preprocess([text_of(ids) for ids in column]) for column in columns]

    def fresh(batch: list[dict[str, Any]]) -> list[dict[str, torch.Tensor]]:
        return [dict(column) for column in batch]  # its modules write into what they are given

    return Program(list(model.parameters()), prepare, lambda batch: loss(fresh(batch), None))


if __name__ == "__main__":
    run(lambda options: (build_flag_embedding if "flag" in options.program else build_sentence_transformers)(options))
