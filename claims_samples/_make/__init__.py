"""What `claims_samples/generate.py` makes the samples with; a tool for developers, not part of the product."""
