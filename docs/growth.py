"""`python docs/growth.py`: the chart and the table of docs/growth.md from bench/results.json."""  # noqa: INP001  # a script

import json
import re
from math import log10
from pathlib import Path

HERE = Path(__file__).parent
KINDS = {
    "reports.energy": ("energy by month, whole park", "#2563eb"),
    "reports.energy.enterprise": ("energy by month, one enterprise", "#0d9488"),
    "reports.emissions": ("emissions by month, whole park", "#c2410c"),
    "reports.emissions.enterprise": ("emissions by month, one enterprise", "#a16207"),
    "reports.cost": ("cost by month, whole park", "#be185d"),
    "reports.cost.enterprise": ("cost by month, one enterprise", "#4d7c0f"),
    "reports.quarter_hours": ("a year of quarter hours, one meter", "#7c3aed"),
    "growing.written": ("10 000 rows of 20 values written", "#475569"),
    "growing.settled": ("a year settled, numbers alone", "#0369a1"),
    "growing.statement": ("a year's statement made anew", "#111827"),
}
SIZES = (10, 100, 1000)
WIDTH, HEIGHT, LEFT, BOTTOM = 730, 380, 80, 50
LOW, HIGH = 0.0, 5.0
"""Powers of ten of the scale [ms]."""


def measured() -> dict[str, list[float]]:
    """Milliseconds by kind, one of each size."""
    lines = json.loads((HERE.parent / "bench" / "results.json").read_text())["measures"]
    ours = {line["name"]: line["ours"] for line in lines}
    return {kind: [ours[f"{kind}.{size}"] for size in SIZES] for kind in KINDS}


def place(size: int, milliseconds: float) -> tuple[float, float]:
    across = LEFT + (log10(size) - 1) / 2 * (WIDTH - LEFT - 240)
    up = (log10(milliseconds) - LOW) / (HIGH - LOW) * (HEIGHT - BOTTOM - 30)
    return across, HEIGHT - BOTTOM - up


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'


def chart(found: dict[str, list[float]]) -> str:
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    parts = [head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for power in range(int(LOW), int(HIGH) + 1):
        x, y = place(SIZES[0], 10**power)
        end = place(SIZES[-1], 1)[0]
        parts.append(f'<line x1="{x}" x2="{end}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(text(x - 8, y + 4, f"{10**power:,} ms", "end"))
    parts += [text(place(n, 1)[0], HEIGHT - BOTTOM + 20, f"{n:,} meters", "middle") for n in SIZES]
    ends = sorted((place(SIZES[-1], values[-1])[1], kind) for kind, values in found.items())
    above = 0.0
    for y, kind in ends:
        name, colour = KINDS[kind]
        points = " ".join(
            "{:.1f},{:.1f}".format(*place(n, v)) for n, v in zip(SIZES, found[kind], strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        above = max(y + 4, above + 15)
        parts.append(f'<g fill="{colour}">{text(place(SIZES[-1], 1)[0] + 8, above, name)}</g>')
    return "\n".join([*parts, "</svg>", ""])


def table(found: dict[str, list[float]]) -> str:
    head = f"| [ms] | {' | '.join(f'{n:,} meters' for n in SIZES)} |\n| --- | ---: | ---: | ---: |\n"
    rows = [f"| {KINDS[kind][0]} | {' | '.join(f'{v:,.0f}' for v in vs)} |" for kind, vs in found.items()]
    return head + "\n".join(rows)


def main() -> None:
    found = measured()
    (HERE / "images" / "growth.svg").write_text(chart(found))
    page = HERE / "growth.md"
    old = page.read_text(encoding="utf-8")
    page.write_text(
        re.sub(r"\| \[ms\].*?(?=\n\n)", lambda _: table(found), old, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
