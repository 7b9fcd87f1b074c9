"""The report as a page: complete, bounded, offline, and silent about members."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from lxml import html

from billing.reports import html_words
from billing.reports.html import report_html
from billing.result import Result
from tests.results import (
    MEMBERS,
    all_ready_result,
    claim,
    finding,
    four_claims,
    four_claims_result,
    result_of,
)


def texts(element: html.HtmlElement, xpath: str) -> list[str]:
    """Return the texts or attribute values of an XPath expression."""
    found = element.xpath(xpath)
    assert isinstance(found, list)
    return [str(one) for one in found]


def page_of(result: Result, *, show_members: bool = False) -> html.HtmlElement:
    """Return the parsed page."""
    return html.document_fromstring(report_html(result, show_members=show_members))


def words(element: html.HtmlElement) -> str:
    """Return the text of an element with its blanks joined."""
    body = element.find("body")
    return " ".join(" ".join((element if body is None else body).itertext()).split())


def shown_claims(page: html.HtmlElement) -> list[str]:
    """Return the ids of the claims listed."""
    return [words(row.find("th")) for row in page.xpath("//section[@id='claims']//tbody/tr")]


def test_the_head_of_the_page_says_what_is_ready_and_what_is_held() -> None:
    page = page_of(four_claims_result(raw_unreadable=b"CLM*C5~"))
    assert words(page.find(".//h1")) == "2 claims ready to send, 3 held"
    assert [words(tile) for tile in page.find_class("tile")] == [
        "✓ Ready to send 2 claims $184.00 accepted.837",
        "! Needs a look 1 claim $92.00 review.837",
        "✗ Rejected 1 claim $92.00 rejected.837",
        "? Unreadable 1 claim charge unknown unreadable.837",
    ]
    bar = page.find_class("bar")[0]
    assert (
        bar.get("aria-label")
        == "Share of the charges: ready to send 50%, needs a look 25%, rejected 25%, unreadable 0%"
    )


def test_a_root_cause_has_its_fix_its_source_and_a_way_to_its_claims() -> None:
    row = page_of(four_claims_result()).xpath("//h2[@id='first']/following::tbody[1]/tr")[1]
    assert words(row) == (
        "More units in a day than the program allows Fix Bill 4 units, or attach the authorization that lifts the limit. "
        "For example C4 line 1: 5 units of 98960 U7 on 2026-05-05; Kansas CHW allows 4 per member per day. "
        "KMAP bulletin 23175 (2023-06-29), official · ks-chw.unit_limits.daily Show its claim ✗ rejected 1 $92.00"
    )
    assert row.xpath(".//a/@href") == ["https://example.org/23175.pdf", "#claims"]


def test_a_held_claim_unfolds_to_what_was_found_where_and_by_whose_word() -> None:
    row = page_of(four_claims_result()).xpath("//section[@id='claims']//tbody/tr")[1]
    assert (row.get("data-decision"), row.get("data-causes")) == ("rejected", "2")
    assert [words(cell) for cell in row][:5] == ["C4", "✗ rejected", "$92.00", "98960 U7 2026-05-05", "A. T. …0111"]
    assert words(row.find(".//dl")) == (
        "Fix Bill 4 units, or attach the authorization that lifts the limit. Found 5 · allowed: 4 With C1 line 1 "
        "Where batch.837 segment 214 (2400 SV104), CMS-1500 box 24G "
        "Source KMAP bulletin 23175 (2023-06-29), official · ks-chw.unit_limits.daily "
        "Reason codes CO 119 · N362 closest match; payers differ"
    )


def test_ready_claims_are_not_listed() -> None:
    assert shown_claims(page_of(four_claims_result())) == ["C3", "C4"]
    assert words(page_of(all_ready_result()).find(".//h1")) == "Every claim is ready to send"


def test_what_was_not_checked_is_said_in_the_head_of_the_page_and_by_rule() -> None:
    text = words(page_of(four_claims_result()))
    assert "workers (1 rule, up to 4 lines): supply --workers FILE" in text
    assert "3 rules that ran" in text
    assert (
        "1 rule that did not run Why each did not run Rule Why Source ks-chw.workers.certified supply --workers FILE"
        in text
    )


def test_the_page_says_how_to_repeat_the_run() -> None:
    command = page_of(four_claims_result()).find_class("command")[0]
    assert words(command) == "cleanclaim validate batch.837 --program ks-chw --received 2026-11-22"


def test_a_run_without_claims_has_a_page() -> None:
    page = page_of(result_of([], []))
    assert words(page.find(".//h1")) == "No claims in the input"
    assert page.find_class("bar") == []


def test_no_name_and_no_id_of_a_member_stands_in_the_page() -> None:
    members = MEMBERS[:2]
    leaks = [finding(key, f"C{key}", message=f"Member {member.id} is unknown.", remedy=f"Ask for {member.id}.", found=member.id,
                     allowed=member.last_name, related=[f"{member.id}-A line 1"], place={"x12": "2010BA NM109", "form_box": "1a", "column": "member.id"})
             for key, member in enumerate(members)]  # fmt: skip
    result = result_of([claim(f"C{key}", member) for key, member in enumerate(members)], leaks)
    text = report_html(result).lower()
    everything = [value for member in members for value in (member.id, member.last_name, member.first_name)]
    assert [value for value in everything if value and value.lower() in text] == []
    assert "1990-01-31" not in text
    assert "o. q. …4321" in text


def test_members_are_shown_when_that_is_asked_for() -> None:
    page = page_of(four_claims_result(), show_members=True)
    assert "ISOLDE WINDERMERE ZX55512345" in words(page)
    assert "This page shows members' names and ids." in words(page)


def test_a_short_id_is_not_shown_by_its_end() -> None:
    short = MEMBERS[0].model_copy(update={"id": "12345"})
    page = page_of(result_of([claim("C1", short)], [finding(0, "C1")]))
    assert "12345" not in words(page)
    assert "O. Q. …" in words(page)


def test_text_of_a_claim_cannot_become_part_of_the_page() -> None:
    evil = '</script><script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="x'
    source = {"title": evil, "url": "javascript:alert(1)", "dated": None, "official": True, "assumed": None}
    page = page_of(result_of([claim(evil, MEMBERS[0])], [finding(0, evil, message=evil, remedy=evil, source=source)]))
    assert len(page.xpath("//script")) == 1
    assert page.xpath("//img | //@onmouseover | //@onerror | //a[starts-with(@href, 'javascript')]") == []


def test_the_page_needs_nothing_but_itself() -> None:
    text = report_html(four_claims_result())
    page = html.document_fromstring(text)
    assert page.xpath("//link | //img | //iframe | //@src | //*[@style]") == []
    assert "url(" not in text
    assert "@import" not in text
    policy = texts(page, "//meta[@http-equiv]/@content")[0]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert inside is not None
        digest = base64.b64encode(hashlib.sha256(inside.group(1).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_every_table_has_a_caption_and_every_column_a_heading() -> None:
    page = page_of(four_claims_result(raw_unreadable=b"CLM*C5~"))
    tables = page.xpath("//table")
    assert tables
    assert [words(table.find("caption")) for table in tables if table.find("caption") is None] == []
    for table in tables:
        headings = len(table.xpath("./thead/tr/th[@scope='col']"))
        assert {sum(int(cell.get("colspan", 1)) for cell in row) for row in table.xpath("./tbody/tr")} <= {headings}


def test_every_label_belongs_to_a_field_and_ids_are_used_once() -> None:
    page = page_of(four_claims_result())
    ids = texts(page, "//@id")
    assert len(ids) == len(set(ids))
    assert set(texts(page, "//label/@for")) <= set(ids)
    assert {link[1:] for link in texts(page, "//a/@href") if link.startswith("#")} <= set(ids)


def test_the_page_says_the_same_every_time() -> None:
    assert report_html(four_claims_result()) == report_html(four_claims_result())


def test_the_dearest_claims_of_each_cause_are_shown_and_the_others_counted() -> None:
    claims = [claim(f"C{number}", MEMBERS[0], charge=f"{number + 1}.00") for number in range(230)]
    findings = [finding(number, f"C{number}") for number in range(230)]
    page = page_of(result_of(claims, findings))
    assert shown_claims(page) == [f"C{number}" for number in range(229, 29, -1)]
    assert "30 more are not shown here; all are in decisions.csv and findings.csv. Members are masked." in words(page)
    assert "Show its 200 claims of 230; all are in findings.csv" in words(page)


def test_no_more_than_two_thousand_claims_are_shown() -> None:
    claims = [claim(f"C{number}", MEMBERS[0]) for number in range(2_100)]
    findings = [finding(number, f"C{number}", rule=f"ks-chw.places.entry{number % 11}") for number in range(2_100)]
    text = report_html(result_of(claims, findings))
    assert text.count("<tr data-decision") == 2_000
    assert len(text.encode()) < 5_000_000
    assert "100 more are not shown here" in text


def test_a_page_that_would_be_too_large_shows_fewer_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.reports.html.MOST_BYTES", 100_000)
    claims = [claim(f"C{number}", MEMBERS[0]) for number in range(150)]
    text = report_html(result_of(claims, [finding(number, f"C{number}") for number in range(150)]))
    shown = text.count("<tr data-decision")
    assert 0 < shown < 150
    assert len(text.encode()) < 100_000
    assert f"{150 - shown} more are not shown here" in text


def test_very_long_texts_are_cut() -> None:
    text = report_html(result_of(four_claims(), [finding(0, "C1", found="9" * 100_000)]))
    assert "9" * html_words.LONGEST + "…" in text
    assert len(text) < 60_000


def test_many_findings_of_one_claim_are_counted_after_the_first_ones() -> None:
    findings = [finding(0, "C1", rule=f"ks-chw.places.entry{number:02}") for number in range(25)]
    page = page_of(result_of(four_claims(), findings))
    row = page.xpath("//section[@id='claims']//tbody/tr")[0]
    assert len(row.find_class("finding")) == 20
    assert "and 24 more" in words(row)
    assert "5 more in findings.csv." in words(row)


def test_a_finding_about_a_file_and_a_note_have_their_own_place() -> None:
    about_file = finding(
        None,
        None,
        rule="national.envelope.count",
        severity="review",
        line_number=None,
        message="SE counts 11 segments.",
    )
    page = page_of(result_of(four_claims(), [about_file, finding(0, "C1", severity="note", message="Worth knowing.")]))
    assert "About the files" in words(page)
    assert "SE counts 11 segments." in words(page)
    assert "Worth knowing; they hold no claim." in words(page)
    assert page.xpath("//section[@id='claims']") == []
