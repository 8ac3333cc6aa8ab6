"""From long documents to a curated data set: `m3-curate run` and its stages."""
