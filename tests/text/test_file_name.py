from __future__ import annotations

import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.file_name import MAX_BYTES, is_safe_file_name, safe_file_name


def assert_is_one_plain_name(name: str) -> None:
    assert name
    assert len(name.encode("utf-8")) <= MAX_BYTES
    assert name[0] not in ".-~ "
    assert name[-1] not in ". "
    assert not set(name) & set('<>:"/\\|?*%\0\n')
    assert Path(name).name == name == PureWindowsPath(name).name
    assert all(unicodedata.category(one) not in ("Cc", "Cs", "Zl", "Zp") for one in name)


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_every_hostile_text_becomes_one_plain_name_that_can_be_written(text: str, tmp_path: Path) -> None:
    name = safe_file_name(text)
    assert_is_one_plain_name(name)
    (tmp_path / name).write_text("x")
    assert [item.name for item in tmp_path.iterdir()] == [name]


@given(st.text(max_size=400))
def test_any_text_becomes_one_plain_name_and_stays_it(text: str) -> None:
    name = safe_file_name(text)
    assert_is_one_plain_name(name)
    assert safe_file_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("card.png", "card.png"),
        ("promo-poster.jpg", "promo-poster.jpg"),
        ("深色模式.png", "深色模式.png"),
        ("🚀 launch.mp4", "🚀-launch.mp4"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\x.png", "C-x.png"),
        (".htaccess", "htaccess"),
        ("-rf", "rf"),
        ("", "file"),
        ("..", "file"),
        ("CON", "_CON"),
        ("nul.tar.png", "_nul.tar.png"),
        ("name. ", "name"),
        ("gnp.\u202egpj.exe", "gnp.gpj.exe"),
        ("a\0b", "ab"),
    ],
)
def test_names_read_as_people_would_write_them(text: str, name: str) -> None:
    assert safe_file_name(text) == name


def test_a_long_name_keeps_its_extension_and_whole_characters() -> None:
    family = "👨\u200d👩\u200d👧"
    name = safe_file_name(family * 50 + ".png")
    assert name.endswith(".png")
    assert name.removesuffix(".png").replace(family, "") == ""


def test_a_name_is_known_as_safe_only_if_it_is() -> None:
    assert is_safe_file_name("card.png")
    assert not any(map(is_safe_file_name, ["", ".", "..", "a/b", "a\\b", ".hidden", "con", "a b"]))
