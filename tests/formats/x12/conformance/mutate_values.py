"""Defects of single values: too long or short, on no list, no date, time or number, characters that do not belong."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.formats.x12.conformance.mutation import Field, Place, change, is_coded, is_simple, type_of, uncounted
from tests.formats.x12.conformance.pieces import Piece, codes_of, measure

# ------------------------------------------------------------------------------------------------------- length


def _longer(field: Field) -> str:
    kind_of, _, most = measure(field.node)
    return ("1" if kind_of == "R" or kind_of.startswith("N") else "A") * (most + 1)


@uncounted
def element_too_long(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and not is_coded(f) and type_of(f) not in ("DT", "TM")
                   and f.node.data_ele != "1251", _longer)  # fmt: skip


@uncounted
def element_as_long_as_allowed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and not is_coded(f) and type_of(f) == "AN"
                   and f.node.data_ele != "1251" and not f.node.res, lambda f: "A" * measure(f.node)[2])  # fmt: skip


@uncounted
def element_too_short(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and not is_coded(f) and measure(f.node)[1] > 1,
                   lambda f: f.value[: measure(f.node)[1] - 1])  # fmt: skip


@uncounted
def code_too_long(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, is_coded, lambda f: (f.value + "A" * 80)[: measure(f.node)[2] + 1])


@uncounted
def code_too_short(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_coded(f) and measure(f.node)[1] > 1,
                   lambda f: f.value[: measure(f.node)[1] - 1])  # fmt: skip


@uncounted
def number_with_sign_and_point_as_long_as_allowed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and type_of(f) == "R",
                   lambda f: f"-{'1' * (measure(f.node)[2] - 1)}.1")  # fmt: skip


# -------------------------------------------------------------------------------------------- values and lists


@uncounted
def code_not_in_the_list(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_coded(f) and bool(f.node.valid_codes), lambda f: _other(f, chance))


@uncounted
def code_not_in_an_outside_list(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_coded(f) and bool(f.node.external_codes), lambda f: _other(f, chance))


@uncounted
def code_in_lower_case(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_coded(f) and f.value.lower() != f.value, lambda f: f.value.lower())


def _other(field: Field, chance: random.Random) -> str:
    """A code of the same length that the element does not allow."""
    known = set(codes_of(field.node))
    while (code := "".join(chance.choice("QJX79") for _ in field.value)) in known:
        pass
    return code


_BAD_DAYS = ("20260230", "20261301", "20260100", "00000000", "ABCDEFGH", "17991231", "20250229")


@uncounted
def day_that_does_not_exist(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, _is_day, lambda _: chance.choice(_BAD_DAYS))


@uncounted
def day_in_another_form(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, _is_day, lambda _: chance.choice(
        ("260105", "2026-01-05", "01/05/2026", "2026015", "20260105-20260106", "202601051200")))  # fmt: skip


def _is_day(field: Field) -> bool:
    if not is_simple(field):
        return False
    return type_of(field) == "DT" or (field.node.data_ele == "1251" and len(field.value) == 8)


@uncounted
def range_of_days_broken(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and f.node.data_ele == "1251" and len(f.value) == 17,
                   lambda f: chance.choice((f"{f.value[:8]}-20260230", f.value[:9], f.value[:8], f"{f.value}-20260101",
                                            f.value.replace("-", " "), f"20261301{f.value[8:]}")))  # fmt: skip


@uncounted
def range_of_days_backwards(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and f.node.data_ele == "1251" and len(f.value) == 17,
                   lambda f: f"{f.value[9:]}-20250101")  # fmt: skip


@uncounted
def date_format_of_another_kind(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and f.node.data_ele == "1250" and len(f.node.valid_codes) > 1,
                   lambda f: chance.choice([code for code in f.node.valid_codes if code != f.value]))  # fmt: skip


@uncounted
def time_that_does_not_exist(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and type_of(f) == "TM",
                   lambda _: chance.choice(("2400", "1260", "12000", "120061", "noon", "9999")))  # fmt: skip


@uncounted
def whole_number_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and type_of(f).startswith("N") and pieces[f.at].id not in
                   ("HL", "LX"), lambda _: chance.choice(("+1", "1.", "A", "1A", "1 ", "--1", "O1")))  # fmt: skip


@uncounted
def whole_number_with_a_sign(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and type_of(f).startswith("N") and pieces[f.at].id not in
                   ("HL", "LX"), lambda _: "-1")  # fmt: skip


@uncounted
def decimal_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and type_of(f) == "R",
                   lambda _: chance.choice(("1.2.3", "+1", "1E5", "1,000", ".", "1.", "$5", "1-", "12 ", "ABC")))  # fmt: skip


@uncounted
def decimal_in_an_unusual_form(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and type_of(f) == "R",
                   lambda _: chance.choice(("05", ".5", "-5", "5.00", "0", "-0.5", "00")))  # fmt: skip


@uncounted
def tax_number_malformed(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, lambda f: is_simple(f) and bool(f.node.res),
                   lambda _: chance.choice(("48-0000000", "4800000001", "48000000", "ABCDEFGHI")))  # fmt: skip


# --------------------------------------------------------------------------------------------------- characters


_CONTROL = "\x01\x02\x07\t\x1c\x1f"
_OF_NO_SET = "\x7f\x00\x08§"


def _is_word(field: Field) -> bool:
    return is_simple(field) and type_of(field) == "AN" and not is_coded(field) and field.node.data_ele != "1251"


def _spoilt(pieces: list[Piece], chance: random.Random, spoil: Callable[[str], str]) -> Place | None:
    return change(pieces, chance, lambda f: _is_word(f) and 1 < len(f.value) < measure(f.node)[2] and not f.node.res,
                   lambda f: spoil(f.value))  # fmt: skip


@uncounted
def trailing_blank(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value} ")


@uncounted
def leading_blank(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f" {value}")


@uncounted
def nothing_but_blanks(pieces: list[Piece], chance: random.Random) -> Place | None:
    return change(pieces, chance, _is_word, lambda f: " " * max(1, measure(f.node)[1]))


@uncounted
def control_character(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1]}{chance.choice(_CONTROL)}{value[1:]}")


@uncounted
def letter_with_an_accent(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1]}{chance.choice('éÑü')}{value[1:]}")


@uncounted
def character_of_no_set(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1]}{chance.choice(_OF_NO_SET)}{value[1:]}")


@uncounted
def extended_character(pieces: list[Piece], chance: random.Random) -> Place | None:
    return _spoilt(pieces, chance, lambda value: f"{value[:1].lower()}{chance.choice('%@[]_{}|<>#$`')}{value[1:]}")
