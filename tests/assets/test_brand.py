"""The brand kit is complete without configuration, and says how it came to be."""

from __future__ import annotations

import subprocess
import zlib

import pytest
from PIL import Image, ImageDraw

from ci_mediagen.assets import colour
from ci_mediagen.assets.brand import BrandSettings, prettified, resolve_brand
from ci_mediagen.errors import AssetError, ConfigError
from tests.assets.test_picture import png_header

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


def brand(repo, hint=None, **settings):
    return resolve_brand(repo, BrandSettings(**settings), hint)


def test_what_is_configured_is_taken(repo):
    found = brand(repo, "acme/x", project="Aurora", accent="#ABC", accent_2="#112233", website="acme.dev", tone="calm")
    assert (found.project, found.accent, found.accent_2) == ("Aurora", "#aabbcc", "#112233")
    assert (found.website, found.tone) == ("acme.dev", "calm")


# Name


def test_the_name_is_the_repositorys(repo):
    assert brand(repo, "acme/night-owl").project == "Night Owl"
    assert brand(repo).project == "Aurora Studio"  # its folder's name


def test_the_name_is_the_remotes_rather_than_the_folders(repo):
    url = "https://user:s3cret@git.acme.dev/team/night-owl.git"
    subprocess.run(["git", "-C", repo, "remote", "add", "origin", url], check=True)
    found = brand(repo)
    assert found.project == "Night Owl"
    assert "s3cret" not in str(found)


@pytest.mark.parametrize("url", ["git@git.acme.dev:night-owl.git", "/srv/git/night-owl/", "ssh://h:22/x/night-owl"])
def test_the_name_is_read_from_every_form_of_remote(repo, url):
    subprocess.run(["git", "-C", repo, "remote", "add", "origin", url], check=True)
    assert brand(repo).project == "Night Owl"


def test_a_name_is_spelled_as_the_readme_spells_it(repo):
    (repo / "README.md").write_text("intro\n\n# [NightOwl](https://x.dev) \n")
    assert brand(repo, "acme/night-owl").project == "NightOwl"
    assert brand(repo, "acme/another").project == "Another"


def test_a_name_is_spelled_as_the_manifest_spells_it(repo):
    (repo / "package.json").write_text('{"name": "@acme/night-owl", "displayName": "Night-OWL"}')
    assert brand(repo, "acme/night-owl").project == "Night-OWL"


def test_a_slug_in_a_manifest_is_no_spelling(repo):
    (repo / "pyproject.toml").write_text('[project]\nname = "aurora-studio"\n')
    assert brand(repo).project == "Aurora Studio"


@pytest.mark.parametrize("text", ['{"name": 3}', "[" * 100_000, "[]", "\ufeff{", '{"name": ""}'])
def test_a_broken_manifest_does_no_harm(repo, text):
    (repo / "package.json").write_text(text)
    (repo / "pyproject.toml").write_text(text)
    assert brand(repo).project == "Aurora Studio"


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("aurora-studio", "Aurora Studio"),
        ("my_cli", "My CLI"),
        ("httpServer", "httpServer"),
        ("NumPy", "NumPy"),
        ("café-ökonomie", "Café Ökonomie"),
        ("極光", "極光"),
        ("next.js", "Next.js"),
        ("-", ""),
    ],
)
def test_slugs_become_names(slug, name):
    assert prettified(slug) == name


def test_a_packages_title_is_kept(repo):
    assert brand(repo, "Aurora iOS / Web").project == "Aurora iOS / Web"


# Logo and colour


def test_without_a_logo_the_colour_is_the_names_own(repo):
    found = brand(repo)
    assert found.logo is None
    assert found.accent == colour.named("Aurora Studio")
    assert found.accent_2 == colour.second(found.accent)
    assert "no logo found: the name is drawn alone" in found.reasons


def test_a_drawn_logo_is_found_and_gives_its_colour(repo):
    (repo / "docs").mkdir()
    (repo / "docs" / "logo.svg").write_text(
        SVG.format('<path fill="#fff"/><path style="fill: #E5484D"/><g fill="#222"/>')
    )
    found = brand(repo)
    assert found.logo == "docs/logo.svg"
    assert found.accent == "#e5484d"
    assert "accent #e5484d: the main colour of docs/logo.svg" in found.reasons


def test_a_picture_of_a_logo_gives_its_colour(repo):
    (repo / "assets").mkdir()
    logo = Image.new("RGBA", (300, 200), (255, 0, 0, 0))  # red, and invisible
    ImageDraw.Draw(logo).rectangle((0, 0, 150, 200), fill=(40, 120, 232, 255))
    ImageDraw.Draw(logo).rectangle((150, 0, 300, 200), fill=(240, 240, 240, 255))
    logo.save(repo / "assets" / "logo.png")
    found = brand(repo)
    assert found.logo == "assets/logo.png"
    _, chroma, hue = colour.to_oklch(found.accent)
    assert abs(hue - colour.to_oklch("#2878e8")[2]) < 3
    assert chroma > 0.1


def test_a_logo_too_dark_for_a_dark_plate_lends_a_lighter_colour(repo):
    (repo / "logo.svg").write_text(SVG.format('<path fill="#0a1a5a"/>'))
    found = brand(repo)
    assert colour.contrast(found.accent, colour.DARK_PLATE) >= colour.AA_LARGE
    assert any("lightened from #0a1a5a" in reason for reason in found.reasons)


def test_a_grey_logo_lends_no_colour(repo):
    (repo / "logo.svg").write_text(SVG.format('<path fill="#333"/>'))
    assert brand(repo).accent == colour.named("Aurora Studio")


def test_logos_for_dark_and_light_backgrounds_are_told_apart(repo):
    for name in ("logo-dark.svg", "logo-light.svg", "Logo.png"):
        if name.endswith(".svg"):
            (repo / name).write_text(SVG.format(""))
        else:
            Image.new("RGB", (64, 64)).save(repo / name)
    found = brand(repo)
    assert (found.logo, found.logo_light) == ("logo-dark.svg", "logo-light.svg")


@pytest.mark.parametrize(
    "content",
    [
        '<image href="file:///etc/passwd"/>',
        "<image xlink:href='https://x.dev/a.png'/>",
        '<use href="other.svg#x"/>',
        '<image href="data:image/svg+xml;base64,AAAA"/>',
        "<style>@import 'x.css'</style>",
        "<rect style='fill: url(http://x.dev/)'/>",
        "<script>1</script>",
        "<foreignObject/>",
    ],
)
def test_a_drawing_that_reaches_outside_of_itself_is_no_logo(repo, content):
    (repo / "logo.svg").write_text(SVG.format(content))
    assert brand(repo).logo is None
    with pytest.raises(AssetError, match=r"brand\.logo in mediagen\.yml: logo\.svg is a drawing that refers"):
        brand(repo, logo="logo.svg")


def test_a_drawing_with_entities_is_no_logo(repo):
    (repo / "logo.svg").write_text('<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("&a;"))
    assert brand(repo).logo is None


def test_a_drawing_may_refer_to_its_own_parts(repo):
    (repo / "logo.svg").write_text(
        SVG.format('<use href="#a"/><rect fill="url(#b)"/><image href="data:image/png;base64,AA"/>')
    )
    assert brand(repo).logo == "logo.svg"


def test_a_broken_logo_is_passed_over_with_its_reason(repo):
    (repo / "logo.png").write_bytes(png_header(60_000, 60_000))
    (repo / "docs").mkdir()
    (repo / "docs" / "logo.svg").write_text("<html></html>")
    found = brand(repo)
    assert found.logo is None
    assert any("logo.png: is too large (60000x60000 pixels" in reason for reason in found.reasons)
    assert any("docs/logo.svg: is named .svg and holds no drawing" in reason for reason in found.reasons)


def test_a_logo_whose_pixels_are_broken_lends_no_colour(repo):
    data = b"not compressed"
    chunk = b"IDAT" + data
    body = len(data).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    (repo / "logo.png").write_bytes(png_header(200, 200) + body + bytes(4) + b"IEND" + b"\xaeB`\x82")
    assert brand(repo).accent == colour.named("Aurora Studio")


@pytest.mark.parametrize("path", ["../logo.svg", "missing.svg", "link.svg"])
def test_a_configured_logo_that_is_not_there_or_outside_is_an_error(repo, path):
    (repo.parent / "logo.svg").write_text(SVG.format(""))
    (repo / "link.svg").symlink_to("../logo.svg")
    with pytest.raises(AssetError, match=r"outside of the repository|does not exist"):
        brand(repo, logo=path)


# Wrong settings


@pytest.mark.parametrize("key", ["accent", "accent_2"])
def test_a_colour_that_is_none_is_a_configuration_error(repo, key):
    with pytest.raises(ConfigError, match=rf"brand\.{key} in mediagen\.yml: 'purple' is no colour") as caught:
        brand(repo, **{key: "purple"})
    assert "#7c5cff" in caught.value.advice


def test_fonts_are_checked_to_be_fonts(repo):
    (repo / "a.ttf").write_bytes(b"\0\1\0\0" + bytes(100))
    assert brand(repo, fonts=("./a.ttf",)).fonts == ("a.ttf",)
    (repo / "b.ttf").write_text("text")
    with pytest.raises(AssetError, match=r"b\.ttf is not a font"):
        brand(repo, fonts=("b.ttf",))
    with pytest.raises(AssetError, match=r"c\.ttf does not exist"):
        brand(repo, fonts=("c.ttf",))
