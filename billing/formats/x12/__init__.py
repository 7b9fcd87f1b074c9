"""X12: claims in and out, as the files themselves are cut."""
