#!/usr/bin/env bash
# The whole way on embedded defaults: no key, no network, no GPU. `make demo` runs it; each step can be run alone.
set -euo pipefail
DEMO=${DEMO:-demo}
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

step "1/6  An invented atlas: documents in 13 languages, and gold questions on documents of its own"
python -m data.atlas --out "$DEMO/atlas" --documents 80 --long-documents 1 --gold-documents 30 --tokens 300 600

step "2/6  A small random M3 with a tokenizer trained on the documents"
[ -e "$DEMO/untrained/modules.json" ] || m3-train init --out "$DEMO/untrained" --corpus "$DEMO"/atlas/documents/*.jsonl --size tiny --max-length 2048

step "3/6  Documents to data set"
m3-curate run --source "$DEMO/atlas/documents" --out "$DEMO/curated" --tokenizer "$DEMO/untrained" --passages-per-document 4
m3-curate verify "$DEMO/curated"

step "4/6  Before training"
m3-train evaluate --dataset "$DEMO/curated" --model "$DEMO/untrained" --max-length 2048 --out "$DEMO/test-before.json"
m3-train evaluate --dataset "$DEMO/atlas/gold" --model "$DEMO/untrained" --max-length 2048 --out "$DEMO/gold-before.json"

step "5/6  Fine-tuning"
m3-train fit --dataset "$DEMO/curated" --model "$DEMO/untrained" --out "$DEMO/finetuned" --max-length 512 --learning-rate 2e-3 --batch-size 32 --epochs 2

step "6/6  After training"
m3-train evaluate --dataset "$DEMO/curated" --model "$DEMO/finetuned" --max-length 2048 --out "$DEMO/test-after.json"
m3-train evaluate --dataset "$DEMO/atlas/gold" --model "$DEMO/finetuned" --max-length 2048 --out "$DEMO/gold-after.json"

step "The generated test questions"
m3-train compare "$DEMO/test-before.json" "$DEMO/test-after.json"
step "The gold questions"
m3-train compare "$DEMO/gold-before.json" "$DEMO/gold-after.json"
step "Where every question came from, and what the training changed"
m3-curate inspect --out "$DEMO/curated" --training "$DEMO/finetuned" --evaluations "$DEMO"/{gold-before,gold-after,test-before,test-after}.json
