"""The pages under `docs/` that are made from the code sets and the rule kinds: `make docs` writes them."""

from __future__ import annotations

from billing.kind_pages import kind_page, used_by
from billing.policy.loading import Library
from billing.reference_docs.coverage import coverage_markdown
from billing.reference_docs.fhir import fhir_markdown
from billing.reference_docs.gaps import load_gaps, state_names
from billing.reference_docs.index import index_markdown
from billing.reference_docs.kinds import kind_markdown, kinds_index
from billing.reference_docs.programs import program_markdown
from billing.rules import KINDS


def pages(library: Library) -> dict[str, str]:
    """Return every page by its path below `docs/`.

    Args:
        library: The code sets; the same ones give the same pages.
    """
    kinds = [kind_page(kind) for kind in KINDS]
    programs = list(library.programs.values())
    made = {
        "README.md": index_markdown(library, kinds, state_names()),
        "coverage.md": coverage_markdown(programs, load_gaps(), state_names()),
        "fhir.md": fhir_markdown(),
        "kinds/README.md": kinds_index(kinds),
    }
    made |= {f"kinds/{kind.kind}.md": kind_markdown(kind, used_by(library, kind.kind)) for kind in kinds}
    made |= {f"programs/{program.id}.md": program_markdown(program) for program in library.everything()}
    return made
