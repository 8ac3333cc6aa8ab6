"""Hard negatives and teacher scores: what `m3-train mine` and `m3-train teach` are made of."""
