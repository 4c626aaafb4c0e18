from __future__ import annotations

from pathlib import Path

import pytest

from sqlshim.repl.config import ConfigError, Settings, config_file, load


def write(text: str) -> None:
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text(text, encoding="utf-8")


def test_without_a_file_there_are_the_defaults() -> None:
    assert load() == Settings()


def test_a_file_sets_what_it_names() -> None:
    write('null = "∅"\nexpanded = "off"\npager = "less"\ntiming = false\n')
    assert load() == Settings(null="∅", expanded="off", pager="less", timing=False)


def test_another_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.toml").write_text("vi = true")
    monkeypatch.setenv("SQLSHIM_CONFIG", str(tmp_path / "x.toml"))
    assert load() == Settings(vi=True)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("timeing = true", "unknown setting 'timeing'; did you mean 'timing'?"),
        ("timing = 3", "timing must be true or false"),
        ("pager = 3", "pager must be true or false or a text"),
        ('format = "xml"', "format must be one of table, vertical, csv, tsv, json, ndjson, markd"),
        ("timing =", "Invalid value"),
    ],
)
def test_a_mistake_in_the_file_is_told(text: str, wrong: str) -> None:
    write(text)
    with pytest.raises(ConfigError) as caught:
        load()
    assert wrong in str(caught.value)
    assert str(config_file()) in str(caught.value)
