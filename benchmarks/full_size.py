"""Steps of a full-size M3 (XLM-R large, random weights) with a document of 8192 tokens, within 24 GiB on a CPU.

    python benchmarks/full_size.py                        # about 15 GiB and, on two cores, many minutes
    python benchmarks/full_size.py --shape scaled         # seconds

One query, its passage and one hard negative, all heads, float32, AdamW, every layer's activations recomputed in the
backward pass (--gradient-checkpointing of m3-train fit). A tiny step comes first and makes gradients and the
optimizer's state, so that the measured step holds all that a training holds. Out: seconds of the step, and resident
memory before and at its peak.
"""

import argparse
import time

import torch
from trainer_ours import SHAPES, build_model, fit_config, step_inputs
from trainer_work import Program, make_batches, measure, resident

from training.model import checkpoint_layers
from training.step import TrainingStep

GIB = 1 << 30


def main() -> None:
    """Build the model, take a step, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="large")
    parser.add_argument("--lengths", type=int, nargs="+", default=[8192, 3000], help="tokens of the passages")
    parser.add_argument("--sub-batch-tokens", type=int, default=16_384)
    parser.add_argument("--keep-activations", action="store_true", help="no checkpointing of layers")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    started = time.perf_counter()
    model, _ = build_model(SHAPES[options.shape], seed=1)
    if not options.keep_activations:
        checkpoint_layers(model)
    step = TrainingStep(model.train(), fit_config("unified"))
    learned = [parameter for parameter in step.parameters() if parameter.requires_grad]
    weights = sum(parameter.numel() for parameter in learned)
    print(f"{weights / 1e6:.0f} million weights, built in {time.perf_counter() - started:.0f} s", flush=True)
    batches = make_batches(3, SHAPES[options.shape].vocabulary, [[options.lengths]])
    program = Program(
        learned, lambda batch: step_inputs(batch, options.sub_batch_tokens), lambda inputs: step(inputs)["loss"]
    )
    found = measure(program, batches, "memory")
    print(
        f"passages of {' and '.join(map(str, options.lengths))} tokens: {found['seconds'][0]:.0f} s, loss"
        f" {found['losses'][0]:.3f}\nmodel, gradients and optimizer {found['training_bytes'] / GIB:.2f} GiB; resident"
        f" before the step {found['base'] / GIB:.2f} GiB, at its peak {(found['base'] + found['over']) / GIB:.2f} GiB"
        f" ({found['over'] / GIB:.2f} over), now {resident() / GIB:.2f} GiB"
    )


if __name__ == "__main__":
    main()
