"""Draws docs/conventions.svg: where each convention puts voxel 0. Run: python3 docs/conventions.py (no packages needed)."""
import os

VOXEL, LEFT, ROW = 60, 340, 84          # pixels a voxel of s0, of the origin, and of a convention
ROWS = [
    # title, what it names, corner of s0 in voxels of s0, place of the mark, what the mark is called
    ("funlib, DaCapo", "offset: 0", 0, 0, "corner"),
    ("OME-NGFF 0.4, 0.5", "translation: 0", -0.5, 0, "centre"),
    ("COSEM, CellMap", "translate: 0", -0.5, 0, "centre"),
    ("N5 viewer, BigDataViewer", "no offset", -0.5, 0, "centre"),
    ("Paintera", "offset: 0", -0.5, 0, "centre"),
    ("OME-NGFF with origin=\"corner\"", "translation: 0", 0, 0, "corner"),
]
INK, BLUE, LIGHT, RED, GREY = "#222", "#3a6ea5", "#cfe0f2", "#c0392b", "#888"
out = []


def text(x, y, words, size=13, fill=INK, anchor="start", weight="normal"):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    out.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" font-weight="{weight}">{words}</text>')


def box(x, y, width, height, fill):
    out.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" stroke="{BLUE}"/>')


height = 74 + ROW * len(ROWS) + 40
text(20, 26, "Where voxel 0 lies when the metadata say 0, along one axis, voxels of 4 nm", 15, weight="bold")
text(20, 46, "upper row: s0, lower row: s1 of voxels twice as long; both begin at one corner", 12, GREY)
top = 60
out.append(f'<line x1="{LEFT}" y1="{top}" x2="{LEFT}" y2="{height - 34}" stroke="{RED}" stroke-dasharray="4 3"/>')
for i, (title, says, corner, mark, called) in enumerate(ROWS):
    y = top + 14 + i * ROW
    x = LEFT + corner * VOXEL
    text(20, y + 16, title, weight="bold")
    text(20, y + 34, f"{says} = {called} of voxel 0", 12, GREY)
    for k in range(5):
        box(x + k * VOXEL, y, VOXEL, 30, LIGHT if k == 0 else "white")
        text(x + (k + 0.5) * VOXEL, y + 24, f"s0[{k}]", 11, BLUE, "middle")
    for k in range(2):
        box(x + 2 * k * VOXEL, y + 33, 2 * VOXEL, 22, LIGHT if k == 0 else "white")
        text(x + (2 * k + 1) * VOXEL, y + 48, f"s1[{k}]", 11, BLUE, "middle")
    out.append(f'<circle cx="{LEFT + mark * VOXEL:g}" cy="{y + (0 if called == "corner" else 8):g}" r="4" fill="{RED}"/>')
    text(LEFT + 5.2 * VOXEL, y + 15, f"corner {corner * 4:g} nm".replace("-", "−"), 12)
    text(LEFT + 5.2 * VOXEL, y + 34, "s1: " + ("offset 0" if title.startswith("funlib") else "factor 2" if called == "centre" and i in (3, 4) else f"translation {corner * 4 + 4 if called == 'centre' else 0:g}"), 12, GREY)
for nm in range(-4, 25, 4):
    x = LEFT + nm / 4 * VOXEL
    out.append(f'<line x1="{x:g}" y1="{height - 34}" x2="{x:g}" y2="{height - 28}" stroke="{INK}"/>')
    text(x, height - 14, (f"{nm} nm" if nm == 24 else f"{nm}").replace("-", "−"), 11, INK, "middle")
out.append(f'<line x1="{LEFT - VOXEL}" y1="{height - 34}" x2="{LEFT + 6 * VOXEL}" y2="{height - 34}" stroke="{INK}"/>')
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "conventions.svg"), "w") as f:
    f.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" width="800" height="{height}" font-family="sans-serif">\n')
    f.write('<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(out) + "\n</svg>\n")
