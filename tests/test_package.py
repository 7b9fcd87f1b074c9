"""The package as a stranger gets it: what the README says is there, and the built wheel runs by itself."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import billing
from billing.reference_columns import REFERENCE_COLUMNS
from billing.samples import sample_folder
from billing.wording import REFERENCE_OPTIONS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
KINDS = sorted(path.name for path in (ROOT / "billing" / "rules").glob("[a-z]*.py"))
GENERATED = {".git", ".venv", "build", "dist", "cleanclaim-demo"}


def repository_texts() -> list[tuple[str, str]]:
    """Every text file of the repository: (path, content)."""
    texts = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED and not name.endswith(("_cache", "__"))]
        folders[:] = [name for name in folders if not name.startswith(".") or name == ".ci"]
        for name in names:
            path = Path(folder, name)
            if path.suffix in {".py", ".md", ".toml", ".yaml", ".csv", ".j2", ".css", ".js", ""}:
                texts.append((path.relative_to(ROOT).as_posix(), path.read_text("utf-8", "replace")))
    return texts


def run_from(folder: Path, code: str, here: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code with the package in `folder`, away from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=here, env=environment, capture_output=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


# ------------------------------------------------------------------------------------------------------ the README


def test_every_rule_kind_has_a_line_in_the_readme_and_every_line_a_file() -> None:
    assert sorted(re.findall(r"`billing/rules/([a-z_]+\.py)` \|", README)) == KINDS


def test_every_path_the_readme_and_the_guide_name_exists() -> None:
    texts = README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = set(re.findall(r"`((?:billing|codesets|claims_samples|tests|docs)/[a-z0-9_./-]+)`", texts))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_readme_lists_what_the_package_exports() -> None:
    listed = README.partition("Public names: ")[2].partition(". The package is typed")[0]
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted(billing.__all__)
    assert [name for name in billing.__all__ if getattr(billing, name) is None] == []


def test_the_claim_explained_in_the_readme_is_what_the_terminal_prints() -> None:
    shown = README.partition("```text\n")[2].partition("```")[0]
    command = [
        sys.executable,
        "cli.py",
        "validate",
        "claims_samples/ks_chw.837",
        "--state",
        "KS",
        "--received",
        "2026-11-22",
    ]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    printed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert printed.returncode == 1, printed.stderr
    assert shown in printed.stdout


def test_the_claim_json_of_the_readme_is_read() -> None:
    shown = README.partition("```json\n")[2].partition("```")[0]
    result = billing.validate(shown.encode(), billing.load_codesets(programs=["ks-chw"]), received="2026-06-01")
    assert (result.summary["claims"], result.summary["unreadable"]) == (1, 0)


def test_the_readme_names_the_columns_that_each_reference_file_must_have() -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)` \| .* \| (`.*`) \|$", README, re.MULTILINE)
    assert {option: re.findall(r"`(\w+)`", columns) for option, columns in rows} == {
        REFERENCE_OPTIONS[file]: [column.name for column in columns if column.required]
        for file, columns in REFERENCE_COLUMNS.items()
    }


def test_the_changelog_and_the_index_the_readme_names_list_the_programs_there_are() -> None:
    programs = {path.stem for path in (ROOT / "codesets" / "states").glob("*/*.yaml") if "." not in path.stem}
    listed = re.search(r"Programs, each .*?: (.*?); and", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.DOTALL)
    assert listed is not None
    assert set(re.findall(r"`([a-z0-9-]+)`", listed.group(1))) == programs
    assert "`docs/README.md`" in README
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    assert set(re.findall(r"\(programs/([a-z0-9-]+)\.md\)", index)) == {*programs, "national"}


# ------------------------------------------------------------------------------------------------------- the wheel


def test_the_wheel_holds_what_an_installed_copy_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = archive.read(f"cleanclaim-{billing.__version__}.dist-info/entry_points.txt").decode()
    assert wheel.name == f"cleanclaim-{billing.__version__}-py3-none-any.whl"
    assert "cleanclaim = billing.cli:main" in entry_points
    assert f"cleanclaim-{billing.__version__}.dist-info/licenses/LICENSE" in names
    for package in ("billing", "codesets"):
        files = (path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        assert [
            path.relative_to(ROOT).as_posix() for path in files if path.relative_to(ROOT).as_posix() not in names
        ] == []
    samples = (path.relative_to(sample_folder()).as_posix() for path in sample_folder().rglob("*.837"))
    assert [name for name in samples if f"billing/_samples/{name}" not in names] == []
    assert [name for name in names if name.startswith("tests/")] == []


def test_the_wheel_runs_the_demo_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(package)
    here = tmp_path / "here"
    here.mkdir()
    where = run_from(package, "import billing, codesets; print(billing.__file__, codesets.__file__)", here)
    assert [Path(path).is_relative_to(package) for path in where.stdout.split()] == [True, True], where.stderr
    demo = run_from(package, "import sys; from billing.cli import main; sys.argv[1:] = ['demo']; main()", here)
    assert (demo.returncode, demo.stderr) == (0, "")
    assert "rejected" in demo.stdout


def test_the_version_is_written_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    assert f"\n## {billing.__version__} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_importing_the_package_loads_none_of_its_libraries(tmp_path: Path) -> None:
    code = "import sys, billing, billing.cli; print([name for name in ('polars', 'pydantic', 'lxml') if name in sys.modules])"
    assert run_from(ROOT, code, tmp_path).stdout == "[]\n"


# -------------------------------------------------------------------------------------------------- the repository


def test_every_public_module_imports_and_says_what_it_is() -> None:
    modules = [path for path in (ROOT / "billing").rglob("*.py") if "_samples" not in path.parts]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in modules]
    assert [name for name in names if not importlib.import_module(name).__doc__] == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?<![\w.~])/(?:home|root|Users|work|mnt)/\w",  # a path of one machine
        r"\b(?:TODO|FIXME|XXX|HACK)\b",  # unfinished work
        r"(?i)lorem ipsum|coming soon|not yet implemented",
        r"(?i)\b(?:as asked|the brief|this session|issue #?\d+)\b",  # how it came about
    ],
)
def test_the_repository_speaks_of_the_product_alone(pattern: str) -> None:
    this = Path(__file__).relative_to(ROOT).as_posix()
    assert [
        (path, found[0]) for path, text in repository_texts() if path != this and (found := re.search(pattern, text))
    ] == []


def test_no_module_is_two_rooms() -> None:
    sizes = {
        path: text.count("\n")
        for path, text in repository_texts()
        if path.endswith(".py") and path.startswith("billing/")
    }
    assert {path: size for path, size in sizes.items() if size > 400} == {}


def test_no_rule_collects() -> None:
    rules = [(path, text) for path, text in repository_texts() if path.startswith("billing/rules/")]
    assert [path for path, text in rules if re.search(r"\.collect\(|map_elements|iter_rows", text)] == []
