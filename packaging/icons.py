"""Draws web/src/icons/ingot.svg as PNG files for desktops, and as one .ico for Windows and one .icns for macOS:
`python packaging/icons.py FOLDER`. Qt draws, without a screen."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

MARK = Path(__file__).resolve().parent.parent / "web" / "src" / "icons" / "ingot.svg"
SIDES = (16, 24, 32, 48, 64, 128, 256, 512)
ICNS = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}


def png(side: int) -> bytes:
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(MARK)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise RuntimeError("Qt cannot write PNG here.")
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """PNG pictures in Windows' envelope (since Vista); 256 is written as 0."""
    fitting = {side: picture for side, picture in pictures.items() if side <= 256}
    head, body, place = struct.pack("<HHH", 0, 1, len(fitting)), b"", 6 + 16 * len(fitting)
    for side, picture in fitting.items():
        head += struct.pack("<BBBBHHII", side % 256, side % 256, 0, 0, 1, 32, len(picture), place + len(body))
        body += picture
    return head + body


def icns(pictures: dict[int, bytes]) -> bytes:
    """PNG pictures in Apple's envelope: four letters and a length, big end first, each."""
    body = b"".join(ICNS[n] + struct.pack(">I", 8 + len(p)) + p for n, p in pictures.items() if n in ICNS)
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def write(folder: Path) -> dict[int, Path]:
    """All of them into `folder`; the PNG files by their side in pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {side: png(side) for side in SIDES}
    (folder / "ingot.ico").write_bytes(ico(pictures))
    (folder / "ingot.icns").write_bytes(icns(pictures))
    for side, picture in pictures.items():
        (folder / f"ingot-{side}.png").write_bytes(picture)
    return {side: folder / f"ingot-{side}.png" for side in SIDES}


if __name__ == "__main__":
    for made in write(Path(sys.argv[1])).values():
        print(made)
