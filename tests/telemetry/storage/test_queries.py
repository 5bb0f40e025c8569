import pytest

from telemetry.storage.queries import expand, parse


def test_splits_a_file_by_name() -> None:
    found = parse("-- name: one\nselect 1\n\n-- name: two\nselect 2\n-- a remark\n")
    assert dict(found) == {"one": "select 1", "two": "select 2\n-- a remark"}


def test_refuses_a_name_twice() -> None:
    with pytest.raises(ValueError, match="one name"):
        parse("-- name: one\nselect 1\n-- name: one\nselect 2\n")


def test_repeats_parts_for_each_column() -> None:
    text = expand(
        "update t set {completed} from unnest({offered}) as i ({columns}) where {vacant}", ["a", "b"]
    )
    assert text.decode() == (
        """update t set "a" = coalesce(r."a", nullif(i."a", 'NaN')),"""
        """ "b" = coalesce(r."b", nullif(i."b", 'NaN'))"""
        ' from unnest(%(a)s::double precision[], %(b)s::double precision[]) as i ("a", "b")'
        """ where (r."a" is null or i."a" = 'NaN') and (r."b" is null or i."b" = 'NaN')"""
    )
