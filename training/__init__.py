"""From a curated data set to a fine-tuned M3: `m3-train init | fit | evaluate | compare`."""
