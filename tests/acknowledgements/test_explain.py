"""Acknowledgements that come back, in words beside the file that was sent."""

from __future__ import annotations

import functools
import io
import json
import os
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
import pyx12.x12n_document

from billing.acknowledgements.codes import LISTS, meaning
from billing.acknowledgements.explaining import explain_acknowledgement
from billing.acknowledgements.explanation import Answer, Explanation, Remark
from billing.acknowledgements.original import Originals
from billing.cli.ack_json import explanation_as_data
from billing.cli.ack_text import explanation_in_text
from billing.errors import InputError
from tests.acknowledgements.answers import EVERY, PARAMETERS, SAMPLES, error, files_of, sample, sample_files
from tests.x12_files import as_bytes, billing_loop, claim, interchange, simple_body, subscriber_loop, transaction

NAMED = os.environ.get("CLEANCLAIM_SAMPLES", "")
NOBODY = Originals([])


def text_of(explanation: Explanation) -> str:
    return "\n".join(explanation_in_text(explanation))


def envelope(functional: str, version: str, *sets: list[str], notes: tuple[str, ...] = ()) -> bytes:
    """Return an acknowledgement of these sets, each without its ST and SE."""
    set_id = {"FA": "999", "HN": "277"}[functional]
    segments = [
        "ISA*00*          *00*          *ZZ*RECEIVER       *ZZ*SENDER         *260602*0900*^*00501*000000009*0*P*:",
        *notes,
        f"GS*{functional}*RECEIVER*SENDER*20260602*0900*9*X*{version}",
    ]
    for number, body in enumerate(sets, 1):
        segments += [f"ST*{set_id}*{number:04d}*{version}", *body, f"SE*{len(body) + 2}*{number:04d}"]
    return as_bytes([*segments, f"GE*{len(sets)}*9", "IEA*1*000000009"])


def ack_999(*body: str) -> bytes:
    return envelope("FA", "005010X231A1", ["AK1*HC*1*005010X222A1", *body])


def ack_277ca(*claims: str, amounts: tuple[str, ...] = ()) -> bytes:
    """Return a 277CA with the segments of some claims below one patient."""
    head = [
        "BHT*0085*08*1*20260602*0900*TH", "HL*1**20*1", "NM1*PR*2*EXAMPLE MEDICAID*****46*456", "TRN*1*1",
        "DTP*050*D8*20260602", "DTP*009*D8*20260602", "HL*2*1*21*1", "NM1*41*2*EXAMPLE AGENCY*****46*123", "TRN*2*1",
        "STC*A1:19:PR*20260602*WQ*100", *amounts, "HL*3*2*19*1", "NM1*85*2*EXAMPLE AGENCY*****XX*1234567893",
        "HL*4*3*PT", "NM1*QC*1*QUILLFEATHER*OPHELIA****MI*00987654321",
    ]  # fmt: skip
    return envelope("HN", "005010X214", [*head, *claims])


@functools.cache
def originals_of(sent: bytes | None, show_members: bool = False) -> Originals:
    return Originals([sent] if sent else [], show_members=show_members)


def explained(data: bytes, sent: bytes | None = None, *, show_members: bool = False) -> Answer:
    """Explain an acknowledgement with one answer."""
    (answer,) = explain_acknowledgement(data, "ack.x12", originals_of(sent, show_members)).answers
    return answer


TWO_CLAIMS = as_bytes(interchange(transaction(simple_body(2))))


# -------------------------------------------------------------------------------------------------------- round trips


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_what_a_run_answers_is_explained_with_the_claims_and_cents_of_its_summary(path: Path) -> None:
    result = sample(path)
    originals = Originals([path])
    files = sample_files(path)
    explanation = explain_acknowledgement(files["277ca.x12"], "277ca.x12", originals)
    claims = [remark for answer in explanation.answers for remark in answer.remarks if remark.level == "claim"]
    summary = result.summary
    names = {"accepted": "accepted", "received": "review", "rejected": "rejected"}
    counted = Counter(names[remark.verdict] for remark in claims)
    charges = dict.fromkeys(names.values(), Decimal(0))
    for remark in claims:
        charges[names[remark.verdict]] += remark.amount or 0
    assert {name: counted[name] for name in names.values()} == {name: summary[name] for name in names.values()}
    assert charges == {name: Decimal(summary["charges"][name]) for name in names.values()}
    assert {remark.unmatched for remark in claims if remark.verdict != "rejected"} <= {""}
    assert all(part.sent for remark in claims for part in remark.parts)
    missing = [words for answer in explanation.answers for words in answer.missing]
    assert len(missing) == (1 if summary["unreadable"] else 0)
    assert explanation.needs_action == bool(summary["rejected"] or summary["unreadable"])
    others = [explain_acknowledgement(files[name], name, originals) for name in ("ta1.x12", "999.x12")]
    assert {remark.unmatched for each in others for answer in each.answers for remark in answer.remarks} == {""}


def test_the_999_of_an_independent_reader_is_laid_beside_its_segments() -> None:
    body = billing_loop(1) + subscriber_loop(2, 1) + claim("C1", 2)
    sent = [segment.replace("20260502", "20251345") for segment in transaction(body)]
    sent = [segment for segment in sent if not segment.startswith("NM1*PR")]
    sent = [segment.replace("SAMPLE*ANN****MI", "SAMPLE*ANN****QQ") for segment in sent]
    data, answer = as_bytes(interchange(sent)), io.StringIO()
    pyx12.x12n_document.x12n_document(PARAMETERS, io.StringIO(data.decode()), answer, None)
    explanation = explain_acknowledgement(answer.getvalue().encode(), "answer.999", Originals([data]))
    assert (
        text_of(explanation)
        == """\
answer.999 beside input.837

999 for group 1
  ✗ set 0001 (1 claim, $92.00): rejected: none of its claims went on (IK501 R)
    why     the number of segments in SE01 is wrong (IK502 4)
    fix     count the segments from ST to SE, both included

    ✗ input.837 segment 16
      sent    NM1*IL*1*…*…****QQ*…
      why     NM108, kind of id: the value is none of the allowed codes (IK403 7); QQ stands there
      fix     choose a code that the guide lists

    ✗ input.837 segment 20, claim C1
      before  CLM*C1*92.00***12:B:1*Y*A*Y*Y
      why     NM1 (name): a required segment is missing (IK304 3)
      fix     add the segment

    ✗ input.837 segment 30, claim C1 line 2
      sent    DTP*472*D8*20251345
      why     DTP03, date: the value is no date (IK403 8); 20251345 stands there
      fix     write an existing day as CCYYMMDD

  ✗ group 1 (0 of 1 set accepted): rejected: none of its claims went on (AK901 R)
    fix     mend what is listed and send the group again"""
    )


def test_our_own_999_is_laid_beside_its_segments() -> None:
    wrong = error(
        set_position=25, loop="2400", segment_id="DTP", element=3, data_element="1251", element_error="8", claim_key=0
    )
    files = files_of(transaction(simple_body(2)), syntax=[wrong])
    (one,) = explained(files["999.x12"], TWO_CLAIMS).remarks[0].parts
    assert one.sent is not None
    assert (one.sent.position, one.sent.text, one.claim_id, one.line) == (27, "DTP*472*D8*20260501", "C0", "1")
    assert one.parts[0].value == "20260501"


# ---------------------------------------------------------------------------------------------------------------- 999


def segment_of(answer: Answer) -> Remark:
    return answer.remarks[0].parts[0]


def test_a_value_that_is_a_members_is_hidden_unless_members_are_shown() -> None:
    ack = ack_999("AK2*837*0001", "IK3*NM1*14*2010*8", "IK4*9*67*5*00000000000", "IK5*E*5", "AK9*E*1*1*1")
    hidden, shown = (segment_of(explained(ack, TWO_CLAIMS, show_members=show)) for show in (False, True))
    assert hidden.sent is not None
    assert shown.sent is not None
    assert (hidden.sent.text, hidden.parts[0].value) == ("NM1*IL*1*…*…****MI*…", "…")
    assert (shown.sent.text, shown.parts[0].value) == ("NM1*IL*1*SAMPLE*ANN****MI*00000000000", "00000000000")
    # Without the original nobody knows whose name it is.
    assert segment_of(explained(ack)).parts[0].value == "…"


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (14, "NM1*IL*1*…*…****MI*…"),
        (15, "N3*…"),
        (16, "N4*…*…*…"),
        (17, "DMG*D8*…*…"),
        (18, "NM1*PR*2*EXAMPLE MEDICAID*****PI*KMAP"),
        (8, "NM1*85*2*EXAMPLE AGENCY*****XX*1234567893"),
        (9, "N3*1 MAIN ST"),
        (11, "REF*EI*480000000"),
        (19, "CLM*C0*46.00***12:B:1*Y*A*Y*Y"),
        (20, "REF*SY*…"),
        (21, "NTE*ADD*…"),
        (22, "REF*G1*A12"),
    ],
)
def test_of_a_segment_all_is_shown_but_what_says_who_the_member_is(position: int, text: str) -> None:
    extra = ["REF*SY*123456789", "NTE*ADD*ANN SAMPLE CALLED", "REF*G1*A12"]
    data = as_bytes(interchange(transaction(billing_loop(1) + subscriber_loop(2, 1) + claim("C0", extra=extra))))
    remark = segment_of(explained(ack_999("AK2*837*0001", f"IK3*XX*{position}**2", "IK5*R*5", "AK9*R*1*1*0"), data))
    assert remark.sent is not None
    assert remark.sent.text == text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (["AK2*837*0007", "IK5*R*5", "AK9*R*1*1*0"], "set 0007 in group 1 is not in input.837"),
        (["AK2*837*0001", "IK3*DTP*900**8", "IK5*R*5", "AK9*R*1*1*0"], "the set has no segment 900"),
        (["AK2*837*0001", "IK3*DTP*-1**8", "IK5*R*5", "AK9*R*1*1*0"], "the set has no segment -1"),
        (
            ["AK2*837*0001", "IK3*DTP*19**8", "IK5*R*5", "AK9*R*1*1*0"],
            "CLM stands at this place of input.837, not DTP: the answer may be about another version of the file",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_found_in_the_original_is_said(body: list[str], words: str) -> None:
    answer = explained(ack_999(*body), TWO_CLAIMS)
    said = [answer.remarks[0].unmatched, *(part.unmatched for part in answer.remarks[0].parts)]
    assert words in said


def test_a_group_that_is_not_in_the_original_is_said() -> None:
    ack = envelope("FA", "005010X231A1", ["AK1*HC*77*005010X222A1", "AK2*837*0001", "IK5*A", "AK9*A*1*1*1"])
    assert [remark.unmatched for remark in explained(ack, TWO_CLAIMS).remarks] == ["group 77 is not in input.837"] * 2


def test_a_claim_is_named_by_its_context_where_there_is_no_original() -> None:
    ack = ack_999("AK2*837*0001", "IK3*DTP*24*2400*8", "CTX*CLM01:C9", "IK5*E*5", "AK9*E*1*1*1")
    remark = segment_of(explained(ack))
    assert (remark.claim_id, remark.about) == ("C9", "DTP (date) in loop 2400 (service line), segment 24 of set 0001")


def test_a_code_that_is_not_known_is_said_with_its_code() -> None:
    ack = ack_999("AK2*837*0001", "IK3*DTP*24*2400*Z9", "IK5*Q*99", "AK9*Q*1*1*1")
    answer = explained(ack)
    assert [remark.verdict for remark in answer.remarks] == ["unknown", "unknown"]
    assert segment_of(answer).codes[0].words == "code Z9, which cleanclaim does not know"


def test_a_999_that_is_cut_short_says_so_and_what_became_of_the_set_is_unknown() -> None:
    whole = ack_999("AK2*837*0001", "IK3*DTP*24*2400*8", "IK5*R*5", "AK9*R*1*1*0")
    answer = explained(whole[: whole.index(b"IK5")])
    assert answer.remarks[0].verdict == "unknown"
    assert answer.missing == [
        "what became of set 0001 is not said (IK5 is missing)",
        "the 999 is cut short: what it said behind its last segment is lost",
    ]


# -------------------------------------------------------------------------------------------------------------- 277CA


def claims_of(answer: Answer) -> list[Remark]:
    return [remark for remark in answer.remarks if remark.level == "claim"]


@pytest.mark.parametrize(
    ("category", "action", "verdict"),
    [
        ("A0", "WQ", "accepted"), ("A1", "WQ", "received"), ("A2", "WQ", "accepted"), ("A5", "WQ", "accepted"),
        ("A3", "U", "rejected"), ("A4", "U", "errors"), ("A6", "U", "rejected"), ("A7", "U", "rejected"),
        ("A8", "U", "rejected"), ("A7", "WQ", "rejected"), ("Q1", "U", "rejected"), ("Q1", "WQ", "accepted"),
        ("Q1", "", "unknown"),
    ],
)  # fmt: skip
def test_a_claim_is_judged_by_its_category_and_where_that_is_unknown_by_the_action(
    category: str, action: str, verdict: str
) -> None:
    answer = explained(ack_277ca("TRN*2*C0", f"STC*{category}:20*20260602*{action}*92"))
    assert [claim.verdict for claim in claims_of(answer)] == [verdict]


def test_all_statuses_of_a_claim_are_read_and_the_worst_decides() -> None:
    (one,) = claims_of(
        explained(
            ack_277ca("TRN*2*C0", "STC*A1:19:PR*20260602*WQ*92", "STC*A7:562:85*20260602*U*92******A7:255*A6:187")
        )
    )
    assert one.verdict == "rejected"
    assert [(code.code, code.words) for code in one.codes] == [
        ("A1:19:PR", "received, and not yet accepted: the claim was received by the payer"),
        ("A7:562:85", "rejected, something wrong: NPI of the billing provider"),
        ("A7:255", "rejected, something wrong: diagnosis code"),
        ("A6:187", "rejected, something missing: date of service"),
    ]


def test_a_refused_line_is_found_by_its_number_and_by_its_place_and_by_its_service() -> None:
    sent = as_bytes(interchange(transaction(billing_loop(1) + subscriber_loop(2, 1) + claim("C0", 3))))
    sent = sent.replace(
        b"HC:98960:U7*46.00*UN*2***1~\nDTP*472*D8*20260503", b"HC:98961:U7*46.00*UN*2***1~\nDTP*472*D8*20260503"
    )
    line = ("STC*A7:476*20260602*U",)
    ack = ack_277ca(
        "TRN*2*C0", "STC*A3:247*20260602*U*138",
        "SVC*HC:98960:U7*46", *line, "REF*FJ*C0L2",
        "SVC*HC:98960:U7*46", *line, "REF*FJ*1",
        "SVC*HC:98961:U7*46", *line,
        "SVC*HC:98960:U7*46", *line,
        "SVC*HC:98960:U7*46", *line, "REF*FJ*C0L9",
    )  # fmt: skip
    (one,) = claims_of(explained(ack, sent))
    assert [(part.about, part.sent.position if part.sent else None, part.unmatched) for part in one.parts] == [
        ("line 2", 30, ""),
        ("line 1", 26, ""),
        ("line 3", 34, ""),
        ("line without a number", None, "2 lines of the claim fit"),
        ("line C0L9", None, "the claim has no such line"),
    ]


def test_a_claim_that_is_not_in_the_original_or_has_another_amount_is_said() -> None:
    ack = ack_277ca("TRN*2*C9", "STC*A2:20*20260602*WQ*92", "TRN*2*C0", "STC*A2:20*20260602*WQ*93")
    answer = explained(ack, TWO_CLAIMS)
    assert [claim.unmatched for claim in claims_of(answer)] == [
        "no claim of input.837 has this number",
        "the answer says $93.00, the claim $92.00: it may be about another version of the claim",
    ]
    assert answer.missing == ["1 claim of the same file is not spoken of ($92.00): C1"]


def test_a_claim_number_that_the_payer_cut_to_twenty_characters_is_found() -> None:
    number = "A-CLAIM-NUMBER-OF-MORE-THAN-TWENTY"
    sent = as_bytes(interchange(transaction(billing_loop(1) + subscriber_loop(2, 1) + claim(number))))
    (one,) = claims_of(explained(ack_277ca(f"TRN*2*{number[:20]}", "STC*A7:33*20260602*U*46"), sent))
    assert one.sent is not None
    assert one.sent.text == f"CLM*{number}*46.00***12:B:1*Y*A*Y*Y"


def test_claims_of_one_number_are_told_apart_by_their_amount_and_then_by_their_order() -> None:
    body = billing_loop(1) + subscriber_loop(2, 1) + claim("C", 1) + claim("C", 2) + claim("C", 1)
    said = [f"STC*A7:33*20260602*U*{amount}" for amount in (92, 46, 46, 46)]
    ack = ack_277ca(*(segment for status in said for segment in ("TRN*2*C", status)))
    found = claims_of(explained(ack, as_bytes(interchange(transaction(body)))))
    assert [one.sent.position if one.sent else None for one in found] == [29, 21, 41, None]
    assert found[3].unmatched == "another answer to this number came before, and input.837 has no more claims with it"


def test_rejected_claims_that_are_counted_and_not_named_are_said() -> None:
    ack = ack_277ca("TRN*2*C0", "STC*A7:33*20260602*U*92", amounts=("QTY*AA*3", "AMT*YY*150.5"))
    assert explained(ack).missing == [
        "2 more claims are counted as rejected ($58.50) and not named: look in the 999 for these"
    ]


def test_a_payers_free_text_is_shown_without_the_member() -> None:
    ack = ack_277ca("TRN*2*C0", "STC*A7:33*20260602*U*92********MEMBER Ophelia Quillfeather 00987654321 UNKNOWN")
    (hidden,), (shown,) = (claims_of(explained(ack, show_members=show)) for show in (False, True))
    assert (hidden.note, hidden.member) == ("MEMBER … … …4321 UNKNOWN", "O. Q. …4321")
    assert (shown.note, shown.member) == (
        "MEMBER Ophelia Quillfeather 00987654321 UNKNOWN", "OPHELIA QUILLFEATHER 00987654321",
    )  # fmt: skip


def test_a_refused_provider_or_batch_is_said_as_a_whole() -> None:
    body = ["HL*2*1*21*0", "NM1*41*2*EXAMPLE AGENCY*****46*123", "STC*A8:746:40*20260602*U*100"]
    answer = explained(envelope("HN", "005010X214", body))
    (remark,) = answer.remarks
    assert (remark.level, remark.verdict, remark.about) == ("submitter", "rejected", "submitter EXAMPLE AGENCY")
    assert remark.codes[0].words == "rejected, a contradiction: the same file was received before (the receiver)"


# ---------------------------------------------------------------------------------------------------------------- TA1


@pytest.mark.parametrize(
    ("status", "note", "verdict", "words"),
    [
        ("A", "000", "accepted", ["accepted"]),
        ("E", "021", "errors", ["accepted, with errors in the envelope", "the number of groups (IEA01) is wrong"]),
        ("R", "025", "rejected", ["rejected: nothing of the file was looked at", "this interchange number (ISA13) was used before"]),
        ("Z", "999", "unknown", ["code Z, which cleanclaim does not know", "code 999, which cleanclaim does not know"]),
    ],
)  # fmt: skip
def test_a_ta1_says_whether_the_file_was_taken_and_why_not(
    status: str, note: str, verdict: str, words: list[str]
) -> None:
    head, end = envelope("FA", "005010X231A1").split(b"GS*")[0], b"IEA*0*000000009~\n"
    ack = head + f"TA1*000000001*260601*1200*{status}*{note}~\n".encode() + end
    answer = explained(ack, TWO_CLAIMS)
    (remark,) = answer.remarks
    assert answer.about == "interchange 000000001 of 2026-06-01 12:00"
    assert (remark.verdict, [code.words for code in remark.codes], remark.unmatched) == (verdict, words, "")
    assert remark.sent is not None
    assert remark.sent.text.startswith("ISA*00*…*00*…*ZZ*SENDER")


def test_a_ta1_about_another_interchange_is_said() -> None:
    ack = envelope("FA", "005010X231A1", notes=("TA1*000000555*260601*1200*A*000",))
    answers = explain_acknowledgement(ack, "ack.x12", originals_of(TWO_CLAIMS)).answers
    assert answers[0].remarks[0].unmatched == "no interchange of input.837 has the number 000000555"


# --------------------------------------------------------------------------------------------------- files of all kinds


def test_several_answers_of_several_kinds_and_interchanges_are_told_in_their_order() -> None:
    files = files_of(transaction(simple_body(2)))
    everything = b"".join((files["ta1.x12"], files["999.x12"], files["277ca.x12"].replace(b"*", b"|")))
    explanation = explain_acknowledgement(everything, "all.x12", originals_of(TWO_CLAIMS))
    assert [answer.kind for answer in explanation.answers] == ["TA1", "999", "277CA"]
    assert {remark.unmatched for answer in explanation.answers for remark in answer.remarks} == {""}


def test_claims_in_json_are_found_too() -> None:
    sent = (SAMPLES / "shapes" / "ks_chw.jsonl").read_bytes()
    claim_id = json.loads(sent.splitlines()[0])["claim_id"]
    (one,) = claims_of(explained(ack_277ca(f"TRN*2*{claim_id}", "STC*A7:33*20260602*U"), sent))
    assert one.sent is not None
    assert (one.sent.file, one.sent.position, one.sent.text, one.unmatched) == ("input.jsonl", 1, "", "")


def test_what_is_no_answer_to_claims_is_passed_over_by_its_name() -> None:
    other = ["ST*835*0009", "BPR*I", "SE*3*0009"]
    ack = ack_999("AK2*837*0001", "IK5*A", "AK9*A*1*1*1").decode().replace("GE*1*9", "~".join([*other, "GE*1*9"]))
    explanation = explain_acknowledgement(ack.encode(), "ack.x12", NOBODY)
    assert explanation.passed_over == ["835 005010X231A1 (segment 9)"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            TWO_CLAIMS,
            r"it holds 837 005010X222A1\n  fix: name the acknowledgement first, and the claims file with --orig",
        ),
        (as_bytes(interchange()), "it holds no transaction set and no TA1"),
        (b'{"claim_id": "C1"}', "holds claims in JSON, no acknowledgement"),
        (b"ISA*00*", "its ISA is cut short"),
        (b"", "is empty"),
        (b"%PDF-1.7", "is a PDF"),
    ],
)
def test_a_file_that_is_no_acknowledgement_is_refused_with_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        explain_acknowledgement(data, "ack.x12", NOBODY)


def test_a_damaged_acknowledgement_is_read_as_far_as_it_goes_or_refused() -> None:
    files = files_of(transaction(simple_body(2)))
    ack = [
        files["277ca.x12"],
        files["999.x12"],
        ack_999("AK2*837*0001", "IK3*DTP*24*2400*8", "IK4*3*1251*8*X", "IK5*R*5"),
    ]
    chance, originals = random.Random(7), originals_of(TWO_CLAIMS)  # noqa: S311 the same damage on every run
    inserts = (
        b"~",
        b"*",
        b":",
        b"IK3*DTP*9999999999999**8~",
        b"IK4*99:x:9**~",
        b"STC*A7**U~",
        b"SVC~",
        b"TRN~",
        b"HL~",
        b"\xff",
        b"\xd9\xa3",
    )
    told = 0
    for _ in range(150):
        data = bytearray(chance.choice(ack))
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(107, len(data))
            data[at : at + chance.randint(0, 20)] = chance.choice(inserts)
        try:
            explanation = explain_acknowledgement(bytes(data), "ack.x12", originals)
        except InputError:
            continue
        assert text_of(explanation)
        assert json.dumps(explanation_as_data(explanation))
        told += 1
    assert told > 100


@pytest.mark.skipif(not NAMED, reason="CLEANCLAIM_SAMPLES names no folder of public files")
def test_a_public_277ca_is_explained() -> None:
    data = (Path(NAMED) / "277ca" / "edilens-277ca.edi").read_bytes()
    answer = explained(data)
    assert answer.about == "FIRST CLEARINGHOUSE to BEST BILLING SERVICE"
    assert [(claim.claim_id, claim.verdict, str(claim.amount)) for claim in claims_of(answer)] == [
        ("4001/1339", "accepted", "200"), ("2890/4", "rejected", "500"), ("00000000000000000000", "rejected", "300"),
    ]  # fmt: skip


# -------------------------------------------------------------------------------------------------------- the code file


def test_every_list_of_codes_has_codes_and_what_is_rejected_has_a_fix() -> None:
    assert {name for name in LISTS if not _listed(name)} == set()
    without = {
        (name, code)
        for name in ("segment_error", "element_error", "set_error", "status")
        for code, fix in _listed(name)
        if not fix
    }
    assert without == {("status", "19"), ("status", "20")}


def test_every_status_that_a_finding_gives_can_be_explained() -> None:
    from billing.reasons import reasons  # noqa: PLC0415 used here only

    statuses = {status for listed in reasons().get_column("claim_status") for status in listed}
    parts = [dict(zip(("category", "status", "entity"), status.split(":"), strict=False)) for status in statuses]
    assert {(of, code) for each in parts for of, code in each.items() if not meaning(of, code).is_known} == set()


def _listed(name: str) -> list[tuple[str, str]]:
    from billing.acknowledgements.codes import _codes  # noqa: PLC0415 the whole list

    return [(code, said.fix) for (of, code), said in _codes().items() if of == name]


# ----------------------------------------------------------------------------------------------------------- the page


def test_the_page_shows_what_the_command_prints() -> None:
    path = SAMPLES / "shapes" / "broken_claims.837"
    files = sample_files(path)
    originals = Originals([path])
    printed = [
        text_of(explain_acknowledgement(files[name], name, originals)) for name in ("999.x12", "277ca.x12", "277ca.x12")
    ]
    page = (SAMPLES.parent / "docs" / "acknowledgements.md").read_text("utf-8")
    shown = [
        block.removeprefix("text\n").rstrip("\n") for block in page.split("```")[1::2] if block.startswith("text\n")
    ]
    assert [block in text for block, text in zip(shown, printed, strict=True)] == [True, True, True]
