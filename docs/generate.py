"""Write the pages under docs/ that are made from the code sets: `make docs`.

With a folder of your own program files as argument, pages of these are written too, into the folder named with --out:

    python docs/generate.py my-policies --out my-docs

`compatibility.md` is written where the environment variable CLEANCLAIM_SAMPLES names the folder of public sample files.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from billing.policy.loading import load_library  # noqa: E402 - of this checkout, whatever else is installed
from billing.reference_docs import pages  # noqa: E402
from billing.reference_docs.compatibility import compatibility_markdown  # noqa: E402
from tests.formats.x12.conformance import page as conformance  # noqa: E402


def main() -> None:
    """Write every page, and remove those of kinds and programs that are gone."""
    parser = argparse.ArgumentParser(description="Write the reference pages.")
    parser.add_argument("folders", nargs="*", help="folders with your own program files")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write; default: docs/")
    arguments = parser.parse_args()
    made = pages(load_library(arguments.folders))
    if not arguments.folders:
        made[conformance.NAME] = conformance.pyx12_page()
    if samples := os.environ.get("CLEANCLAIM_SAMPLES"):
        made["compatibility.md"] = compatibility_markdown(Path(samples))
    for name, text in made.items():
        path = arguments.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for folder in ("kinds", "programs"):
        for path in sorted((arguments.out / folder).glob("*.md")):
            if path.relative_to(arguments.out).as_posix() not in made:
                path.unlink()
    print(f"{len(made)} pages in {arguments.out}")


if __name__ == "__main__":
    main()
