"""Write `icd-10-cm.<edition>.csv.gz` from the release of ICD-10-CM that the installed `simple-icd-10-cm` carries.

    python -m venv scratch && scratch/bin/pip install simple-icd-10-cm==1.5.0
    scratch/bin/python codesets/national/lists/build_icd10cm.py codesets/national/lists/icd-10-cm.fy2026.csv.gz

Version 1.5.0 of the package carries the release of April 2026 (FY2026), 1.4.0 that of April 2025 (FY2025). Importing it
takes seconds and 180 MB, so cleanclaim reads this list instead. Put the printed sha256 into the edition's manifest and
compare the counts with those of CMS's order file of the same year, which is the authority on what may be billed.

Codes only, without their descriptions: chapters and blocks are left out, `billable` is 1 for a code with none below it.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
from pathlib import Path

import simple_icd_10_cm as release


def main() -> None:
    """Write the file named on the command line."""
    out = Path(sys.argv[1])
    # "5", "F01-F09" and, where a block holds one category alone, its code a second time are items too.
    items = release.get_all_codes(with_dots=False)
    codes = sorted({item for item in items if release.is_category_or_subcategory(item)})
    billable = [release.is_leaf(code) for code in codes]
    rows = "".join(f"{code},{int(is_billable)}\n" for code, is_billable in zip(codes, billable, strict=True))
    # No clock in it: the same release gives the same bytes.
    data = gzip.compress(f"code,billable\n{rows}".encode(), 9, mtime=0)
    out.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    sys.stdout.write(f"{len(codes):,} codes, {sum(billable):,} billable\nsha256: {sha256}\n")


if __name__ == "__main__":
    main()
