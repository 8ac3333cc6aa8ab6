"""What a training run has around its steps: its folder, checkpoints, evaluation, limits, logs and pictures."""
