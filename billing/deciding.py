"""From verdicts to findings and decisions: severity with its caps, sources, reason codes, places."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl

from billing.batch import Batch, Source
from billing.breaches import untold
from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS, MONEY, empty
from billing.findings import DECISIONS, FINDING_SCHEMA, PLACE, REASON, SEVERITIES, SEVERITY, SOURCE
from billing.judgement import DECISION_SCHEMA, NOT_CHECKED_SCHEMA, RULE_SCHEMA
from billing.noticed import findings_of_reader, source_of
from billing.policy.codesets import Fact
from billing.reasons import reasons
from billing.verdicts import RAW_SCHEMA, Answers, Unchecked

_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}
_SORTED_SCHEMA = {**FINDING_SCHEMA, "severity_rank": pl.UInt8}
_FEW_CLAIMS = 100
_UNKNOWN = "a value the rule needs is missing"


def make_findings(
    verdicts: Sequence[pl.DataFrame],
    facts: Sequence[Fact],
    batch: Batch,
    other_services: str = "review",
    *,
    earlier: Sequence[pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Turn the verdicts of a stage into findings.

    Args:
        verdicts: Frames of `RAW_SCHEMA`.
        facts: All facts of the run; a verdict's `fact` is a number in it.
        batch: The claims, for ids, places in the file and charges.
        other_services: `accept` makes a code that no program knows a note.
        earlier: The verdicts of the stage before; given for the last stage, which also reports what the reader
            noticed about the files. The first stage reports breaches of an implementation guide.

    Returns:
        One row per finding (`FINDING_SCHEMA`) with `severity_rank`, unsorted.
    """
    noticed = batch.breaches if earlier is None else batch.file_findings
    if not verdicts and noticed.is_empty():
        return empty(_SORTED_SCHEMA)
    raw = pl.concat(verdicts, rechunk=True) if verdicts else pl.DataFrame(schema=RAW_SCHEMA)
    said = raw
    raw = _grouped_unknowns(raw, facts, earlier or ())
    if other_services == "accept":
        unknown_code = pl.col("cause") == "not_covered_code"
        raw = raw.with_columns(at_most=pl.when(unknown_code).then(pl.lit("note").cast(SEVERITY)).otherwise("at_most"))
    findings = _with_places(_with_severity(_with_facts(raw, facts)), batch)
    if len(noticed):
        if earlier is None:
            noticed = untold(noticed, said, facts)
        kind = "conformance" if earlier is None else "envelope"
        findings = pl.concat([findings, findings_of_reader(noticed, kind, batch, facts)], how="diagonal")
    return _with_ids(findings).select(pl.col(name).cast(dtype) for name, dtype in _SORTED_SCHEMA.items())


def with_exact_places(findings: pl.DataFrame, sources: Sequence[Source]) -> pl.DataFrame:
    """Point each finding at the part of its input that holds the value, as the input's own format counts parts.

    Args:
        findings: One row per finding; `position` is where its line or claim begins.
        sources: The inputs; a finding about a file, or of claims without an input, stays as it is.

    Returns:
        The same rows in the same order, with `position` and `place` made exact.
    """
    if findings.is_empty() or not sources:
        return findings
    place = pl.col("place").struct
    # A breach of the guide stands at its own segment already, wherever the value it is about is read.
    is_exact = (pl.col("kind") == "conformance") & pl.col("position").is_not_null()
    is_asked = pl.col("claim_key").is_not_null() & place.field("x12").is_not_null() & ~is_exact
    places = findings.with_row_index("row").filter(is_asked)
    places = places.select(
        "row", "input", "claim_key", "line_key", "position", x12=place.field("x12"), column=place.field("column")
    )
    own = [source.positions(places.filter(pl.col("input") == source.name)) for source in sources]
    cell = pl.col("cell") if any("cell" in part.columns for part in own) else pl.lit(None, pl.String)
    exact = pl.concat(own, how="diagonal").select("row", exact="position", x12="x12", cell=cell)
    return (
        findings.with_row_index("row")
        .join(exact, on="row", how="left", maintain_order="left")
        .with_columns(
            position=pl.coalesce("exact", "position"),
            place=pl.when(pl.col("x12").is_not_null())
            .then(place.with_fields(pl.col("x12"), pl.col("cell")))
            .otherwise("place"),
        )
        .drop("row", "exact", "x12", "cell")
    )


def rejected_claims(findings: pl.DataFrame) -> pl.Series:
    """Return the keys of the claims that a finding rejects."""
    if findings.is_empty():
        return pl.Series("claim_key", [], dtype=pl.UInt32)
    deciding = findings.filter((pl.col("severity") == "reject") & ~pl.col("shadow"))
    return deciding.get_column("claim_key").drop_nulls().unique()


def decide(claims: pl.DataFrame, findings: pl.DataFrame, unchecked: Sequence[Unchecked]) -> pl.DataFrame:
    """Decide every claim: rejected if it has a reject, else in review if it has a review, else accepted.

    Args:
        claims: One row per claim.
        findings: All findings, sorted.
        unchecked: What could not be checked.

    Returns:
        One row per claim (`DECISION_SCHEMA`), in order of `claim_key`.
    """
    if findings.is_empty():
        return _all_accepted(claims, unchecked)
    rank = pl.col("severity").replace_strict(_RANK, return_dtype=pl.UInt8)
    found = (
        findings.select("claim_key", "shadow", "rule", "message", rank=rank)
        .filter(pl.col("claim_key").is_not_null())
        .sort("rank", descending=True, maintain_order=True)
        .group_by("claim_key", maintain_order=True)
        .agg(
            worst=pl.when(~pl.col("shadow")).then("rank").max(),
            findings=pl.len(),
            first_rule=pl.col("rule").first(),
            first_message=pl.col("message").first(),
        )
    )
    numbers = pl.select(pl.repeat(None, len(claims), dtype=pl.UInt32)).to_series()
    numbers = numbers.scatter(_places(found.get_column("claim_key"), claims), range(len(found)))
    decided = claims.select("claim_key", "claim_id", "charge", "input", "position").with_columns(
        *_beside(found.drop("claim_key"), numbers),
        not_checked=_unchecked_per_claim(unchecked, claims),
    )
    made = {
        "decision": pl.lit(pl.Series(list(DECISIONS))).gather(pl.col("worst").fill_null(0)),
        "expected_payment": pl.lit(None, MONEY),
        "findings": pl.col("findings").fill_null(0),
    }
    return decided.select(
        made.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in DECISION_SCHEMA.items()
    )


def _all_accepted(claims: pl.DataFrame, unchecked: Sequence[Unchecked]) -> pl.DataFrame:
    """Decide claims of which nothing was found."""
    made: dict[str, Any] = {
        "decision": pl.lit(DECISIONS[0]),
        "findings": pl.lit(0),
        "not_checked": _unchecked_per_claim(unchecked, claims),
        **{name: pl.lit(None) for name in ("expected_payment", "first_rule", "first_message")},
    }
    decided = claims.with_columns(**made)
    return decided.select(pl.col(name).cast(dtype) for name, dtype in DECISION_SCHEMA.items())


def not_checked_rules(unchecked: Sequence[Unchecked], facts: Sequence[Fact]) -> pl.DataFrame:
    """Sum up what could not be checked, one row per rule and need (`NOT_CHECKED_SCHEMA`)."""
    rows = [(facts[part.fact].path, part.needs, len(part.claim_keys), part.partly) for part in unchecked]
    return (
        pl.DataFrame(rows, schema=NOT_CHECKED_SCHEMA, orient="row")
        .group_by("rule", "needs", "partly")
        .agg(pl.col("lines").sum())
        .select(pl.col(name).cast(dtype) for name, dtype in NOT_CHECKED_SCHEMA.items())
        .sort("rule", "needs", "partly")
    )


def rule_table(facts: Sequence[Fact], answers: Answers, findings: pl.DataFrame) -> pl.DataFrame:
    """List every rule of the run, with the lines it looked at and the findings it made (`RULE_SCHEMA`)."""
    counts = dict(findings.get_column("rule").value_counts().iter_rows())
    rows: dict[tuple[str, str], list[Any]] = {}
    for number, fact in enumerate(facts):
        looked = answers.looked_at.get(number, 0)
        told = [fact.path, fact.kind, fact.program, source_of(fact), 0, counts.get(fact.path, 0), False]
        row = rows.setdefault((fact.path, fact.kind), told)
        if looked and not row[4]:  # of a program and its overlays, the one that looked at a line is named
            row[2:4] = told[2:4]
        row[4] += looked
        row[6] |= number in answers.looked_at
    return pl.DataFrame(list(rows.values()), schema=RULE_SCHEMA, orient="row").sort("rule", "kind")


# ------------------------------------------------------------------------------------------------------ the steps


def _places(claim_keys: pl.Series, claims: pl.DataFrame) -> pl.Series:
    """Return where claims stand in `claims`, whose keys have no gaps; claims of the history are left out."""
    places = claim_keys - (claims.item(0, "claim_key") if len(claims) else 0)
    return places.filter(places < len(claims))


def _unchecked_per_claim(unchecked: Sequence[Unchecked], claims: pl.DataFrame) -> pl.Series:
    """Count the rules that were not checked at all on each claim."""
    by_fact: dict[int, list[pl.Series]] = {}
    for part in unchecked:
        if not part.partly:
            by_fact.setdefault(part.fact, []).append(part.claim_keys)
    if len(claims) <= _FEW_CLAIMS:  # a query for each rule would cost more than all else
        counted = Counter(key for parts in by_fact.values() for key in set().union(*(part.to_list() for part in parts)))
        return pl.Series([counted[key] for key in claims.get_column("claim_key").to_list()], dtype=pl.UInt32)
    counts = pl.zeros(len(claims), pl.UInt32, eager=True)
    for parts in by_fact.values():
        is_unchecked = pl.zeros(len(claims), pl.UInt32, eager=True)
        for claim_keys in parts:
            is_unchecked = is_unchecked.scatter(_places(claim_keys, claims), 1)
        counts += is_unchecked
    return counts


def _grouped_unknowns(raw: pl.DataFrame, facts: Sequence[Fact], earlier: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Report a missing value once: gather what depends on it, and drop that where its absence is a finding already."""
    is_missing = raw.get_column("missing").is_not_null()
    if not is_missing.any():
        return raw
    missing, others = raw.filter(is_missing), raw.filter(~is_missing)
    said = pl.concat([others, *earlier])
    reported = said.select(
        "claim_key", "line_key", missing=pl.when(pl.col("verdict") == "fail").then("column").otherwise("missing")
    ).unique()
    of_claim = reported.filter(pl.col("line_key").is_null()).drop("line_key")
    missing = missing.join(reported, on=["claim_key", "line_key", "missing"], how="anti", nulls_equal=True)
    missing = missing.join(of_claim, on=["claim_key", "missing"], how="anti")
    on_claim = pl.col("missing").is_in([column.name for column in CLAIM_COLUMNS])
    on_line = pl.col("missing").is_in([column.name for column in LINE_COLUMNS])
    missing = missing.with_columns(line_key=pl.when(on_claim & ~on_line).then(None).otherwise("line_key"))
    paths = pl.DataFrame(
        {"fact": range(len(facts)), "path": [fact.path for fact in facts]}, schema_overrides={"fact": pl.UInt32}
    )
    missing = missing.join(paths, on="fact", how="left", maintain_order="left").sort(
        "claim_key", "line_key", "missing", "path"
    )
    words = pl.col("missing").str.replace_all("_", " ")
    together = missing.group_by("claim_key", "line_key", "missing", maintain_order=True).agg(
        pl.col("fact").first(), rules=pl.col("path").unique(maintain_order=True)
    )
    together = together.select(
        "claim_key",
        "line_key",
        "fact",
        "missing",
        cause=pl.lit("required_value_missing"),
        verdict=pl.lit("unknown"),
        column="missing",
        message=pl.format("The {} is missing, so {} cannot be decided.", words, pl.col("rules").list.join(", ")),
        remedy=pl.format("Add the {} from your records and check the claim again.", words),
        found=pl.lit("nothing"),
        allowed=words,
    )
    return pl.concat([others, together], how="diagonal").with_columns(
        pl.col("capped_by").fill_null(pl.lit([], pl.List(pl.String))),
        pl.col("related").fill_null(pl.lit([], pl.List(pl.String))),
    )


def _with_facts(raw: pl.DataFrame, facts: Sequence[Fact]) -> pl.DataFrame:
    """Add what a finding takes from its fact."""
    numbers = raw.get_column("fact").unique().sort()
    used = [facts[number] for number in numbers]
    table = pl.DataFrame(
        [(fact.path, fact.kind, fact.severity, fact.shadow, list(fact.caps), source_of(fact)) for fact in used],
        schema={
            "rule": pl.String,
            "kind": pl.String,
            "entry_severity": SEVERITY,
            "shadow": pl.Boolean,
            "caps": pl.List(pl.String),
            "source": SOURCE,
        },
        orient="row",
    )
    return raw.with_columns(_beside(table, numbers.search_sorted(raw.get_column("fact"))))


def _beside(table: pl.DataFrame, numbers: pl.Series) -> list[pl.Series]:
    """Return the columns of a table's rows of these numbers; a null number gives nulls."""
    return table.select(pl.all().gather(numbers)).get_columns()


def _with_severity(raw: pl.DataFrame) -> pl.DataFrame:
    """Decide the severity: the lowest of the entry's own, its source's, the verdict's and the row's."""
    is_missing = pl.col("missing").is_not_null()
    is_unknown = pl.col("verdict") == "unknown"
    review, reject = pl.lit("review").cast(SEVERITY), pl.lit("reject").cast(SEVERITY)
    own = pl.when(is_missing).then(reject).otherwise("entry_severity")
    by_source = pl.when((pl.col("caps").list.len() > 0) & ~is_missing).then(review).otherwise(reject)
    by_verdict = pl.when(is_unknown).then(review).otherwise(reject)
    ranks = [value.to_physical() for value in (own, by_source, by_verdict, pl.col("at_most").fill_null(reject))]
    lowest = pl.min_horizontal(ranks)
    caps = pl.concat_list(
        "capped_by",
        pl.when(~is_missing).then("caps").otherwise(pl.lit([], pl.List(pl.String))),
        pl.when(is_unknown).then(pl.lit([_UNKNOWN])).otherwise(pl.lit([], pl.List(pl.String))),
    )
    dashed = pl.col("missing").str.replace_all("_", "-")
    return raw.with_columns(
        severity_rank=lowest,
        severity=lowest.cast(pl.UInt8).replace_strict(list(range(3)), list(SEVERITIES), return_dtype=pl.String),
        capped_by=pl.when(own == "reject").then(caps).otherwise(pl.lit([], pl.List(pl.String))),
        rule=pl.when(is_missing).then(pl.concat_str(pl.lit("national.required_fields."), dashed)).otherwise("rule"),
        kind=pl.when(is_missing).then(pl.lit("required_fields")).otherwise("kind"),
    )


def _with_places(findings: pl.DataFrame, batch: Batch) -> pl.DataFrame:
    """Add the claim's id, the line's number, where it stands in the file, what is at risk, and the reason codes."""
    claims = batch.claims.select("claim_id", "input", claim_position="position", claim_charge="charge")
    lines = batch.lines.select("line_number", line_position="position", line_charge="charge")
    line_keys = findings.get_column("line_key")
    of_line = batch.lines.get_column("line_key").search_sorted(line_keys.fill_null(0)).set(line_keys.is_null(), None)
    of_claim = findings.get_column("claim_key") - (batch.claims.item(0, "claim_key") if len(batch.claims) else 0)
    columns, places = _places_of_columns()
    causes = reasons()
    of_column = findings.get_column("column").replace_strict(columns, range(len(columns)), default=None)
    of_cause = findings.get_column("cause").replace_strict(causes["cause"], range(len(causes)), default=None)
    findings = findings.with_columns(
        *_beside(claims, of_claim),
        *_beside(lines, of_line),
        *_beside(places, of_column.cast(pl.UInt32)),
        *_beside(causes.select(reason=_reason()), of_cause.cast(pl.UInt32)),
    )
    has_line_place = pl.col("line_key").is_not_null() & pl.col("line_place").is_not_null()
    return findings.with_columns(
        position=pl.coalesce("line_position", "claim_position"),
        amount_at_risk=pl.coalesce("amount_at_risk", "line_charge", "claim_charge"),
        place=pl.when(has_line_place).then("line_place").otherwise(pl.coalesce("claim_place", "line_place")),
    )


@cache
def _places_of_columns() -> tuple[list[str], pl.DataFrame]:
    """Return the columns of claims and lines, and one row for each: its place on a line, and on a claim."""
    grains = [
        {column.name: (column.x12, column.form_box, column.path, None) for column in columns}
        for columns in (LINE_COLUMNS, CLAIM_COLUMNS)
    ]
    names = list(dict.fromkeys(name for grain in grains for name in grain))
    rows = [tuple(grain.get(name) for grain in grains) for name in names]
    return names, pl.DataFrame(rows, schema={"line_place": PLACE, "claim_place": PLACE}, orient="row")


def _reason() -> pl.Expr:
    return pl.struct("group", "carc", "rarc", "claim_status", "sure").cast(REASON)


def _with_ids(findings: pl.DataFrame) -> pl.DataFrame:
    """Add an id that the same claim, line, rule and cause have in every run."""
    lacking = {name: dtype for name, dtype in FINDING_SCHEMA.items() if name not in findings.columns}
    findings = findings.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in lacking.items())
    # A claim may break the guide in the same way at several places.
    place = pl.when(pl.col("kind") == "conformance").then(pl.col("place").struct.field("x12"))
    named = findings.select(
        pl.concat_str(
            pl.coalesce("claim_id", "input"),
            pl.col("line_number").cast(pl.String).fill_null("claim"),
            "rule",
            "cause",
            place,
            separator="\x1f",
            ignore_nulls=True,
        )
    ).to_series()
    ids = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in named.to_list()]
    return findings.with_columns(finding_id=pl.Series(ids, dtype=pl.String))
