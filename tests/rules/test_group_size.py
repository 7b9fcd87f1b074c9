from __future__ import annotations

import pytest

from billing.rules import group_size
from tests.rules.harness import Found, a_claim, a_fact, a_line, a_service, judge, placed


@pytest.mark.parametrize(
    ("size", "count", "message"),
    [
        ({"min": 2, "max": 4}, 1, "1 member in the session; 98960 U7 is for 2 to 4."),
        ({"min": 2, "max": 4}, 2, None), ({"min": 2, "max": 4}, 4, None), ({"min": 2, "max": 4}, None, None),
        ({"min": 2, "max": 4}, 5, "5 members in the session; 98960 U7 is for 2 to 4."),
        ({"max": 12}, 13, "13 members in the session; 98960 U7 is for up to 12."),
        ({"min": 2}, 1, "1 member in the session; 98960 U7 is for 2 or more."),
        ({"min": 1, "max": 1}, 2, "2 members in the session; 98960 U7 is for 1 alone."),
        ({}, 99, None), (None, 99, None),
    ],
)  # fmt: skip
def test_the_head_count_lies_within_the_group_size(
    size: dict[str, int] | None, count: int | None, message: str | None
) -> None:
    found = judge(group_size, a_fact(a_service(group_size=size)), placed(a_claim(a_line(group_size=count))))
    assert found == ([Found(1, "group_size", "fail", message, str(count), None)] if message else [])


@pytest.mark.parametrize("how", ["tied", "unclear", "other"])
def test_a_line_without_one_service_is_not_judged(how: str) -> None:
    rows = placed(a_claim(a_line(group_size=9)), how=how)
    assert judge(group_size, a_fact(a_service(group_size={"max": 4})), rows) == []
