"""What the check says of a file with one known defect, pyx12 aside: exactly one error, at its place; of none, nothing."""

from __future__ import annotations

import pytest

from tests.formats.x12.conformance.mutants import broken
from tests.formats.x12.conformance.said import said_by_us

FILES = 12
ONE_ERROR = (
    "required_element_emptied", "required_component_emptied", "not_used_element_given", "not_used_component_given",
    "too_many_elements", "too_many_components", "trailing_separators", "trailing_separators_past_the_last_element",
    "pair_of_elements_broken", "at_least_one_element_broken", "condition_with_a_choice_broken",
    "level_parent_wrong", "level_parent_missing", "level_parent_is_another_level", "level_parent_given_where_none_is",
    "level_child_code_wrong", "level_child_code_unknown", "line_number_wrong",
    "set_count_wrong", "group_count_wrong", "trailer_twice", "set_number_twice", "group_number_twice",
    "interchange_number_twice", "group_of_another_guide", "first_segment_of_the_set_missing",
    "unknown_segment_inserted", "segment_of_another_transaction_inserted", "element_too_short",
    "code_too_long", "code_too_short", "code_not_in_the_list", "day_that_does_not_exist", "day_in_another_form",
    "range_of_days_broken", "date_format_of_another_kind", "time_that_does_not_exist", "whole_number_malformed",
    "whole_number_with_a_sign", "decimal_malformed", "trailing_blank", "control_character", "letter_with_an_accent",
    "character_of_no_set",
)  # fmt: skip
NO_DEFECT = (
    "situational_segment_removed", "situational_component_emptied", "segment_as_often_as_allowed",
    "loop_as_often_as_allowed", "decimal_in_an_unusual_form", "number_with_sign_and_point_as_long_as_allowed",
    "leading_blank", "extended_character",
)  # fmt: skip


@pytest.mark.parametrize("kind", ONE_ERROR)
def test_one_defect_is_one_error_at_its_place(kind: str) -> None:
    files = [broken(kind, number) for number in range(FILES)]
    answers = said_by_us([each.pieces for each in files])
    # What is missing is said at the segment that now stands there.
    places = [(place.position, place.segment_id) for each in files for place in each.places]
    assert [(said.position, said.segment_id) for answer in answers for said in answer] == places


@pytest.mark.parametrize("kind", NO_DEFECT)
def test_what_the_guide_allows_is_no_error(kind: str) -> None:
    files = [broken(kind, number) for number in range(FILES)]
    answers = said_by_us([each.pieces for each in files])
    assert {each.name: answer for each, answer in zip(files, answers, strict=True) if answer} == {}
