"""Every file of a rule kind reads alike: its page, its constants, its entry, its check, then what these call."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from billing.policy.schema import PolicyEntry
from billing.rules import KINDS

HEADINGS = ["What it checks", "Why it matters", "Example", "Policy key", "Needs", "Also called"]
FOLDER = Path(__file__).parents[2] / "billing" / "rules"
FILES = sorted(FOLDER.glob("*.py"))
CALLED_BY_THE_ENGINE = {
    "checks", "check", "unchecked", "unchecked_needs", "also_sees", "concerns", "reads", "stage", "references", "partly",
}  # fmt: skip

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def page(kind: ModuleType) -> str:
    return inspect.getdoc(kind) or ""


def sections(kind: ModuleType) -> dict[str, str]:
    """The headings of a page with the text under each, in their order."""
    parts = re.split(r"^([A-Z][A-Za-z ]+):$", page(kind), flags=re.MULTILINE)[1:]
    return {heading: inspect.cleandoc(text) for heading, text in zip(parts[::2], parts[1::2], strict=True)}


@every_kind
def test_a_page_opens_with_one_sentence(kind: ModuleType) -> None:
    first, empty, *_ = page(kind).splitlines()
    assert re.fullmatch(r"[A-Z][^.!?]*\.", first)
    assert empty == ""


@every_kind
def test_a_page_has_the_six_headings_in_order_with_text_under_each(kind: ModuleType) -> None:
    assert list(sections(kind)) == HEADINGS
    assert [heading for heading, text in sections(kind).items() if not text] == []


@every_kind
def test_an_example_names_the_rule_that_finds_it_what_passes_and_what_to_do_instead(kind: ModuleType) -> None:
    name = kind.__name__.rpartition(".")[2]
    block = "services" if "services" in sections(kind)["Policy key"] else name
    example, passes, instead = sections(kind)["Example"].split("\n\n")
    assert re.search(rf" -> [a-z-]+\.{block}\.[a-z-]+$", example)
    assert passes.startswith("Passes: ")
    assert instead.startswith("Instead: ")


@every_kind
def test_the_policy_key_is_the_name_of_the_file_or_the_services_themselves(kind: ModuleType) -> None:
    key = sections(kind)["Policy key"]
    is_service_fact = getattr(kind, "SERVICE_FACT", False)
    assert key.startswith("services, their ") if is_service_fact else key == kind.__name__.rpartition(".")[2]


def test_no_two_pages_open_alike() -> None:
    first = [page(kind).splitlines()[0] for kind in KINDS.values()]
    assert len(first) == len(set(first))


@every_kind
def test_constants_come_first_then_the_entry_then_what_the_engine_calls_then_helpers(kind: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(kind))
    public = [
        node.name
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_")
    ]
    asked = [name for name in public if name in CALLED_BY_THE_ENGINE]
    assert "checks" in asked or "check" in asked
    assert public.index("Entry") < public.index(asked[0]) if "Entry" in public else kind.SERVICE_FACT
    constants = [
        node.lineno for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and not used_below(tree, node)
    ]  # fmt: skip
    first_check = min(node.lineno for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in asked)
    assert [line for line in constants if line > first_check] == []


def used_below(tree: ast.Module, constant: ast.Assign) -> bool:
    """Tell whether a constant is made by a function of its file: it cannot stand above that."""
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return any(isinstance(node, ast.Name) and node.id in own for node in ast.walk(constant.value))


@every_kind
def test_an_entry_is_a_policy_entry(kind: ModuleType) -> None:
    if hasattr(kind, "Entry"):
        assert issubclass(kind.Entry, PolicyEntry)
        assert kind.Entry.__doc__


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_no_rule_collects_or_loops_over_rows(path: Path) -> None:
    refused = r"\.(collect|iter_rows|map_elements|to_dicts|rows|to_list|item)\("
    assert re.findall(refused, path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_no_null_becomes_a_pass(path: Path) -> None:
    assert "fill_null(True)" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_function_of_a_file_is_used(path: Path) -> None:
    text = path.read_text("utf-8")
    private = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)
               and node.name.startswith("_") and not node.decorator_list]  # fmt: skip
    assert [name for name in private if len(re.findall(rf"\b{name}\b", text)) < 2] == []


SEEN_BY_THE_ENGINE: dict[str, dict[str, Any]] = {
    "billing_providers": {"SCOPE": ("billing_npi",), "STAGE": 1, "REFERENCES": ("providers",)},
    "claim_frequency": {"ON_VOIDS": True, "SCOPE": ("billing_npi",), "STAGE": 1},
    "covered_services": {"ABOUT_PLACING": True, "SERVICE_FACT": True},
    "diagnosis_codes": {"SCOPE": None},
    "duplicates": {"SCOPE": ("member_id",), "PARTLY": ("history",)},
    "eligibility": {"SCOPE": ("member_id",), "STAGE": 1, "REFERENCES": ("members",)},
    "excluded_enrollments": {"SCOPE": ("member_id",), "STAGE": 1, "REFERENCES": ("enrollments",)},
    "group_size": {"SERVICE_FACT": True},
    "member_id": {"ON_VOIDS": True},
    "modifiers": {"ABOUT_PLACING": True, "SERVICE_FACT": True},
    "mue": {"SCOPE": ("member_id",), "PARTLY": ("history",)},
    "npi": {"ON_VOIDS": True},
    "ordering_providers": {"SCOPE": None, "STAGE": 1, "REFERENCES": ("providers",)},
    "orders": {"SCOPE": ("member_id",)},
    "other_coverage": {"SCOPE": ("member_id",), "STAGE": 1},
    "overlaps": {"SCOPE": ("worker_npi", "member_id"), "AT_LEAST": 2},
    "plans_of_care": {"SCOPE": ("member_id",), "REFERENCES": ("orders",)},
    "prerequisites": {"SCOPE": ("member_id",), "PARTLY": ("history",)},
    "prior_authorization": {"SCOPE": None, "STAGE": 1, "REFERENCES": ("authorizations",)},
    "ptp": {"SCOPE": ("member_id",), "PARTLY": ("history",)},
    "rates": {"SERVICE_FACT": True, "HIGHEST": "note"},
    "required_fields": {"ON_VOIDS": True},
    "same_day": {"SCOPE": ("member_id",), "PARTLY": ("history",)},
    "single_provider": {"SCOPE": ("member_id",), "PARTLY": ("history",)},
    "supervision": {"SCOPE": None, "STAGE": 1},
    "timely_filing": {"ON_VOIDS": True},
    "unit_limits": {"SCOPE": ("member_id", "worker_npi"), "PARTLY": ("history",)},
    "unit_minutes": {"SCOPE": ("member_id", "worker_npi"), "SERVICE_FACT": True},
    "worker_hours": {"SCOPE": ("worker_npi",)},
    "workers": {"SCOPE": ("worker_npi",), "STAGE": 1, "REFERENCES": ("workers",)},
}


@every_kind
def test_a_kind_tells_the_engine_when_and_with_what_it_is_asked(kind: ModuleType) -> None:
    names = (
        "ON_VOIDS",
        "SCOPE",
        "STAGE",
        "AT_LEAST",
        "REFERENCES",
        "PARTLY",
        "ABOUT_PLACING",
        "SERVICE_FACT",
        "HIGHEST",
    )
    told = {name: getattr(kind, name) for name in names if hasattr(kind, name)}
    assert told == SEEN_BY_THE_ENGINE.get(kind.__name__.rpartition(".")[2], {})
    assert hasattr(kind, "check") is hasattr(kind, "SCOPE")
