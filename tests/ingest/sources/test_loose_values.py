"""Names, counts and days in the forms that records have them."""

from datetime import UTC, date, datetime

import pytest

from ingest.sources.loose_values import author_names, day_of, keyword_list, whole_count

DAY = date(2025, 11, 3)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("A. Bee, C. Dee and E. Eff", ["A. Bee", "C. Dee", "E. Eff"]),
        ("A. Bee, C. Dee, and E. Eff", ["A. Bee", "C. Dee", "E. Eff"]),
        ("A. Bee & C. Dee", ["A. Bee", "C. Dee"]),
        ("Ann Bee; Cid Dee", ["Ann Bee", "Cid Dee"]),
        ("Bee, A.; Dee, C.", ["A. Bee", "C. Dee"]),
        ("Bee, Ann and Dee, Cid and Eff, Eve", ["Ann Bee", "Cid Dee", "Eve Eff"]),
        ("Bee, A., Dee, C. D., & Eff, E.-F.", ["A. Bee", "C. D. Dee", "E.-F. Eff"]),
        ("Ann Bee, Cid Dee and Eve Eff, Gus Gee", ["Ann Bee", "Cid Dee", "Eve Eff", "Gus Gee"]),
        ("Ann Bee, Jr., Cid Dee", ["Ann Bee Jr.", "Cid Dee"]),
        ("A. Bee (1), C. Dee (1 and 2) ((1) Univ. of X, (2) Inst. Y)", ["A. Bee", "C. Dee"]),
        ("Ann Bee,\n Cid Dee et al.", ["Ann Bee", "Cid Dee"]),
        ("张三、李四", ["张三", "李四"]),
        ("Andy Band", ["Andy Band"]),
        ("Band, Andy", ["Andy Band"]),
        ("", []),
        (["A. Bee", " C.  Dee "], ["A. Bee", "C. Dee"]),
        ([{"name": "A. Bee"}, {"fullname": "C. Dee"}, None], ["A. Bee", "C. Dee"]),
        (
            [{"given": "Ann", "family": "Bee"}, {"first": "Cid", "last": "Dee"}],
            ["Ann Bee", "Cid Dee"],
        ),
        ([{"keyname": "Bee", "forenames": "Ann"}], ["Ann Bee"]),
        ([{"name": "A. Bee", "hidden": True}, {"name": "C. Dee"}], ["C. Dee"]),
        ([["Bee", "A. -C.", "Jr"], ["The Fens Group", "", ""]], ["A.-C. Bee Jr", "The Fens Group"]),
        ({"name": "A. Bee"}, ["A. Bee"]),
    ],
)
def test_names_of_authors(written: object, names: list[str]) -> None:
    assert author_names(written) == names


@pytest.mark.parametrize("written", [3, True, [3], [{"nom": "A"}], [[1, 2]]])
def test_what_is_no_name_stays_to_be_refused(written: object) -> None:
    assert author_names(written) == written


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("herons, wading birds; drones", ["herons", "wading birds", "drones"]),
        ("search and rescue", ["search and rescue"]),
        (["a  b", {"name": "c"}], ["a b", "c"]),
        ("", []),
    ],
)
def test_keywords(written: object, words: list[str]) -> None:
    assert keyword_list(written) == words


@pytest.mark.parametrize(
    ("written", "count"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        (" 12.0 ", 12),
        ("1,234", 1_234),
        ("1.2k", 1_200),
        ("2.3K", 2_300),
        ("1.5M", 1_500_000),
        ("0", 0),
    ],
)
def test_counts(written: object, count: int) -> None:
    assert whole_count(written) == count


@pytest.mark.parametrize(
    "written", ["many", "-1", 1.5, "1.5", "9" * 30, "1.2kk", "²", True, float("inf"), None]
)
def test_what_is_no_count_stays_to_be_refused(written: object) -> None:
    assert whole_count(written) is written


@pytest.mark.parametrize(
    "written",
    [
        "2025-11-03",
        "2025-11-03T10:00:00.000Z",
        "2025/11/03",
        "2025.11.3 10:00",
        "20251103",
        20251103,
        "Mon, 3 Nov 2025 10:00:00 GMT",
        "Sun, 2 Nov 2025 23:30:00 -0500",
        "Mon Nov  3 10:00:00 2025",
        "3 Nov 2025",
        "November 3rd, 2025",
        "Monday, 3 November 2025 10:00",
        "03.11.2025",
        1762164000,
        1762164000.5,
        1762164000000,
        "1762164000",
        DAY,
        datetime(2025, 11, 3, 10, tzinfo=UTC),
    ],
)
def test_days(written: object) -> None:
    assert day_of(written) == DAY


def test_a_day_is_read_in_the_only_way_that_is_possible() -> None:
    assert day_of("25/12/2025") == day_of("12/25/2025") == date(2025, 12, 25)
    assert day_of("11/11/2025") == date(2025, 11, 11)
    with pytest.raises(ValueError, match="03/11/2025 can be read in two ways"):
        day_of("03/11/2025")


@pytest.mark.parametrize(
    "written",
    ["many", "2025", "2025-11", "2025-13-01", 7, -1, 1e300, float("nan"), float("inf"), True, [1],
     {"day": 3}, "1" * 200, "12:00"],
)  # fmt: skip
def test_what_is_no_day(written: object) -> None:
    with pytest.raises(ValueError, match=r"day|month|two ways"):
        day_of(written)


def test_no_day() -> None:
    assert day_of(None) is day_of(" ") is None


@pytest.mark.parametrize("piece", ["(", "((a", "a, ", " and ", "&", ";", "A. ", "et al ", " "])
def test_long_texts_take_a_time_in_proportion(piece: str) -> None:
    assert isinstance(author_names(piece * 300_000), list)
