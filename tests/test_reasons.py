from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from billing.policy.lists import informational_modifiers
from billing.reasons import REASON_SCHEMA, reasons, titles
from billing.rules import KINDS

WRITTEN = re.compile(r'cause=(?:pl\.lit\()?"([a-z_]+)"')


def test_every_cause_has_a_title_of_its_own_and_a_status_wherever_it_has_a_reason() -> None:
    listed = reasons()
    assert dict(listed.schema) == REASON_SCHEMA
    assert listed.get_column("title").null_count() == 0
    assert listed.get_column("title").is_unique().all()
    assert listed.filter(pl.col("carc").is_null() != pl.col("group").is_null()).is_empty()
    assert listed.filter(pl.col("sure") & pl.col("carc").is_null()).is_empty()


def test_every_cause_that_a_rule_writes_has_a_reason() -> None:
    written = {
        cause for module in KINDS.values() for cause in WRITTEN.findall(Path(module.__file__ or "").read_text("utf-8"))
    }
    assert written - set(titles()) == set()


def test_telehealth_and_state_modifiers_do_not_merely_inform() -> None:
    assert {"59", "XE", "76", "CR", "KX"} <= informational_modifiers()
    assert informational_modifiers().isdisjoint({"95", "93", "GT", "GQ", "FQ", "HQ", "HM", "U1", "TF", "HE"})
