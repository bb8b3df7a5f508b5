"""Where programs that were unpacked privately find their libraries."""

from __future__ import annotations

from pathlib import Path

from deploy.local.apt import libraries_in


def test_libraries_that_lie_a_folder_deeper_are_found(tmp_path: Path) -> None:
    """Red when the browser that was fetched does not start on a machine without PulseAudio."""
    usual = tmp_path / "usr" / "lib" / "x86_64-linux-gnu"
    for library in (usual / "libpulse.so.0", usual / "pulseaudio" / "libpulsecommon-16.1.so"):
        library.parent.mkdir(parents=True, exist_ok=True)
        library.touch()
    (usual / "icons").mkdir()
    assert libraries_in(tmp_path).split(":") == [str(usual), str(usual / "pulseaudio")]
