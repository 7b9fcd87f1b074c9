"""Every sentence of how claims are judged, as a scenario through the public call.

One YAML file per section, in the notation of `notation.py`. A scenario brings its policy (blocks laid over the file's own),
its claims and reference rows, and states *all* findings as `rule severity claim [line]`, with words that a finding must say,
and all decisions. Rules of the scenario's own program are named without it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import billing
from billing.references import REFERENCE_NAMES
from billing.result import Result
from tests.semantics.notation import RECEIVED, claim, history, program, x12

HERE = Path(__file__).parent
KEYS = {"it", "policy", "select", "states", "claims", "x12", "edit", "jsonl", "options", "expect", "decisions", "not_checked",
        "checked", "unreadable", "raises", "summary", "files", "unchanged", "never", "history_rows", *REFERENCE_NAMES}  # fmt: skip


class Quoting(yaml.SafeDumper):
    """Writes texts in quotes, as program files want their codes."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def sections() -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(HERE.glob("*.yaml"))}


def scenarios() -> list[Any]:
    found = []
    for section, content in sections().items():
        for number, scenario in enumerate(content["scenarios"]):
            assert set(scenario) <= KEYS, f"{section}: {scenario['it']}: {set(scenario) - KEYS}"
            found.append(
                pytest.param(f"{section.replace('_', '-')}-{number}", scenario, id=f"{section}: {scenario['it']}")
            )
    return found


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the programs of all scenarios into one folder, so that code sets are read once."""
    goal = tmp_path_factory.mktemp("programs")
    programs: dict[str, dict[str, Any]] = {}
    for section, content in sections().items():
        programs |= content.get("programs", {})
        for number, scenario in enumerate(content["scenarios"]):
            blocks = {**content.get("policy", {}), **scenario.get("policy", {})}
            programs[f"{section.replace('_', '-')}-{number}"] = {key: value for key, value in blocks.items() if value}
    for program_id, blocks in programs.items():
        text = yaml.dump(program(program_id, blocks), Dumper=Quoting, sort_keys=False)
        (goal / f"{program_id}.yaml").write_text(re.sub(r'"(\d{4}-\d\d-\d\d)"', r"\1", text))
    return goal


def run(program_id: str, scenario: dict[str, Any], folder: Path) -> Result:
    named = [] if "states" in scenario else scenario.get("select", [program_id])
    codesets = billing.load_codesets(named, scenario.get("states"), folders=[folder])
    if "x12" in scenario:
        source: Any = x12(scenario["x12"], scenario.get("edit", {}))
    elif "jsonl" in scenario:
        source = scenario["jsonl"].encode()
    else:
        source = [claim(each) for each in scenario["claims"]]
    options: dict[str, Any] = {"received": RECEIVED, **scenario.get("options", {})}
    tables = {name: scenario[name] for name in REFERENCE_NAMES if name in scenario}
    if "history" in tables:
        tables["history"] = [history(row) for row in tables["history"]]
    if "history_rows" in scenario:
        tables["history"] = scenario["history_rows"]
    for name, rows in tables.items():
        cells = [
            {key: None if value is None else str(value).replace("THIS", program_id) for key, value in row.items()}
            for row in rows
        ]
        options[name] = pl.DataFrame(cells, infer_schema_length=None)
    return billing.validate(source, codesets, **options)


def found(result: Result, program_id: str) -> list[tuple[str, str]]:
    """Every finding as `rule severity claim [line]`, and all it says."""
    rows = []
    for row in result.findings.iter_rows(named=True):
        where = f"{row['claim_id'] or 'file'}{f' line {number}' if (number := row['line_number']) is not None else ''}"
        said = [row["verdict"], row["cause"], row["message"], row["remedy"], row["found"], row["allowed"], *row["capped_by"],
                *row["related"], f"at risk {row['amount_at_risk']}"]  # fmt: skip
        rows.append(
            (f"{row['rule'].removeprefix(f'{program_id}.')} {row['severity']} {where}", " | ".join(map(str, said)))
        )
    return rows


def asked(items: list[Any] | None) -> list[tuple[str, list[str]]]:
    """What is expected, each with the words it must say."""
    pairs = [next(iter(item.items())) if isinstance(item, dict) else (item, []) for item in items or []]
    return [(key, [words] if isinstance(words, str) else words) for key, words in pairs]


def compare(actual: list[tuple[str, str]], expected: list[tuple[str, list[str]]]) -> None:
    everything = "\n".join(f"{key}: {said}" for key, said in actual)
    assert sorted(key for key, _ in actual) == sorted(key for key, _ in expected), everything
    for key, words in expected:
        for word in words:
            assert any(word in said for name, said in actual if name == key), (
                f"{key} does not say {word!r}:\n{everything}"
            )


@pytest.mark.parametrize(("program_id", "scenario"), scenarios())
def test_scenario(program_id: str, scenario: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    if "raises" in scenario:
        [(error, words)] = scenario["raises"].items()
        with pytest.raises(getattr(billing, error)) as raised:
            run(program_id, scenario, folder)
        assert [word for word in words if word not in str(raised.value)] == [], raised.value
        assert [word for word in scenario.get("never", []) if word in str(raised.value)] == []
        return
    result = run(program_id, scenario, folder)
    said = result.findings.select("message", "remedy", "allowed").rows() + result.unreadable.select("reason").rows()
    assert [word for word in scenario.get("never", []) if word in str(said)] == []
    compare(found(result, program_id), asked(scenario.get("expect")))
    assert [f"{row[0]} {row[1]}" for row in result.decisions.select("claim_id", "decision").rows()] == scenario[
        "decisions"
    ]
    unread = [
        (f"{loop} {charge}", reason)
        for loop, charge, reason in result.unreadable.select("loop", "charge", "reason").rows()
    ]
    compare(unread, asked(scenario.get("unreadable")))
    unchecked = {f"{row[0].removeprefix(f'{program_id}.')} {row[1]}{' partly' if row[3] else ''} {row[2]}"
                 for row in result.judgement.not_checked.select("rule", "needs", "lines", "partly").rows()}  # fmt: skip
    assert set(scenario.get("not_checked", [])) <= unchecked, unchecked
    assert [rule for rule in scenario.get("checked", []) if any(row.startswith(f"{rule} ") for row in unchecked)] == []
    summary = json.loads(json.dumps(result.summary).replace(f"{program_id}.", ""))
    summary = {name: summary[name] for name in scenario.get("summary", {})}
    assert summary == scenario.get("summary", {})
    if "files" in scenario or "unchanged" in scenario:
        out = result.write(tmp_path / "out")
        names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.suffix in {".837", ".jsonl"}}
        assert sorted(names - {"findings.jsonl"}) == scenario.get("files", ["accepted.837"])
        if name := scenario.get("unchanged"):
            assert (out / name).read_bytes() == x12(scenario["x12"], scenario.get("edit", {}))
