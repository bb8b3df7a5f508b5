"""What is made of an export: hashes of what stands in pages, the table, the weight of a first load."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from deploy.web.build import WebError, check_weight
from deploy.web.pages import read_page
from deploy.web.served import FirstLoad, first_loads, write_table
from deploy.web.source import Source


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_scripts_that_run_are_hashed_and_data_is_not() -> None:
    """Red when a browser would refuse a page's own script, or the policy lets through what the page does not run."""
    html = (
        '<script>a &amp;&amp; "<p>"</script><script type="module">b\r\nc</script>'
        '<script type="application/ld+json">{}</script><script src="/x.js">ignored</script><style>p{}</style>'
    )
    page = read_page(html)
    assert set(page.scripts) == {_hash('a &amp;&amp; "<p>"'), _hash("b\nc")}
    assert page.styles == (_hash("p{}"),)


def test_only_what_a_browser_with_modules_fetches_weighs() -> None:
    html = (
        '<link rel="preload" as="script" href="/a.js"><script src="/a.js" async></script>'
        '<script src="/old.js" noModule=""></script><link rel="preload" as="style" href="/a.css">'
    )
    assert read_page(html).fetched == ("/a.js",)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "_next/static").mkdir(parents=True)
    (out / "_next/static/a.js").write_bytes(b"x" * 199_000)
    (out / "_next/static/b.js").write_bytes(b"x" * 5_000)
    (out / "index.html").write_text('<script src="/_next/static/a.js"></script>')
    (out / "404.html").write_text("nothing")
    (out / "jobs.html").write_text(
        '<script src="/_next/static/a.js"></script><script src="/_next/static/b.js"></script>'
    )
    return out


def test_a_page_above_the_budget_is_named(out: Path) -> None:
    """Red when a page may become slow to open without anybody noticing."""
    assert first_loads(out)[0] == FirstLoad("/jobs", 204_000)
    with pytest.raises(WebError, match=r"/jobs 204 kB\. Import"):
        check_weight(out)
    (out / "jobs.html").unlink()
    check_weight(out)


def test_the_packed_form_is_what_weighs(out: Path) -> None:
    (out / "_next/static/a.js.gz").write_bytes(b"x" * 1000)
    assert first_loads(out)[0].bytes == 6000


def test_the_table_names_each_file_once_by_the_path_it_is_asked_by(out: Path) -> None:
    """Red when a packed form or the table itself can be asked for, or what cannot change is asked for again."""
    (out / "index.html.gz").write_bytes(b"")
    write_table(out, stamp="abc")
    table = json.loads((out / "served.json").read_text())
    assert table["stamp"] == "abc"
    assert set(table["files"]) == {"/", "/404", "/jobs", "/_next/static/a.js", "/_next/static/b.js"}
    assert table["files"]["/"]["packed"] == ["gzip"]
    assert [path for path, file in table["files"].items() if file["for_ever"]] == [
        "/_next/static/a.js",
        "/_next/static/b.js",
    ]


@pytest.fixture
def source(tmp_path: Path, out: Path) -> Source:
    root = tmp_path
    (root / "src/api").mkdir(parents=True)
    (root / "src/page.tsx").write_text("one")
    (root / "package-lock.json").write_text("{}")
    (root / "description.json").write_text("{}")
    return Source(root, root / "description.json")


def test_a_built_web_app_is_built_again_only_when_a_byte_of_it_has_changed(source: Source) -> None:
    """Red when a second start builds again, or a change is not seen."""
    assert not source.is_built()
    write_table(source.out, stamp=source.digest())
    assert source.is_built()
    source.types.write_text("made by each build")
    (source.root / "node_modules").mkdir()
    (source.root / "node_modules/x.js").write_text("installed")
    assert source.is_built()
    for changed in (source.root / "src/page.tsx", source.root / "package-lock.json", source.description):
        before = changed.read_text()
        changed.write_text(before + " ")
        assert not source.is_built()
        changed.write_text(before)
    (source.root / "src/other.tsx").write_text("")
    assert not source.is_built()


def test_packages_are_installed_again_when_the_lock_file_has_changed(source: Source) -> None:
    source.packages_stamp.parent.mkdir(parents=True)
    source.packages_stamp.write_text(source.packages_digest())
    assert source.has_packages()
    (source.root / "package-lock.json").write_text('{"x": 1}')
    assert not source.has_packages()
    shutil.rmtree(source.packages_stamp.parent)
    assert not source.has_packages()
