"""Charts drawn with lines and text: rates over days, rates of regions. What is unknown is a gap, never zero."""

import math
from typing import Final

from fpdf import FPDF
from fpdf.enums import Align

from commonsight.paper.model import Chart

_COLOURS: Final = ((24, 96, 168), (196, 84, 20), (46, 125, 80), (122, 70, 150))
_DASHES: Final = ((), (2.0, 1.2), (0.6, 1.0), (3.0, 1.0))
"""Lines differ by dash, too: reports are printed in grey."""
_GREY: Final = 190
_BAR: Final = 6.4


def height_of(chart: Chart) -> float:
    """Millimetres a chart needs."""
    return 72.0 if chart.kind == "lines" else 8 + _BAR * max(1, len(chart.labels))


def draw(paper: FPDF, chart: Chart, left: float, top: float, width: float, height: float) -> None:
    """The chart in this box, mm."""
    paper.set_font("text", size=8)
    (_lines if chart.kind == "lines" else _bars)(paper, chart, left, top, width, height)
    paper.set_draw_color(0)
    paper.set_fill_color(0)
    paper.set_text_color(0)
    paper.set_dash_pattern()
    paper.set_xy(left, top)


def scale(values: list[float]) -> tuple[float, float, float]:
    """Least, most and step of an axis of rates: a round span that holds all values, at most up to 1."""
    low, high = min(values), max(values)
    span = max(high - low, 0.004)
    step = next((one for one in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1) if span / one <= 6), 0.2)
    least = max(0.0, math.floor(round(low / step, 6)) * step)
    most = min(1.0, math.ceil(round(high / step, 6)) * step)
    if most - least < step:
        least = max(0.0, most - step)
    return round(least, 6), round(max(most, least + step), 6), step


def _lines(paper: FPDF, chart: Chart, left: float, top: float, width: float, height: float) -> None:
    values = [one for line in chart.lines for one in line.values if one is not None]
    least, most, step = scale(values)
    x0, x1, y0, y1 = left + 14, left + width - 3, top + 2, top + height - 14
    places = max(1, len(chart.labels) - 1)

    def at(place: int, value: float) -> tuple[float, float]:
        return x0 + (x1 - x0) * place / places, y1 - (y1 - y0) * (value - least) / (most - least)

    paper.set_line_width(0.1)
    paper.set_draw_color(_GREY)
    for number in range(round((most - least) / step) + 1):
        mark = least + number * step
        y = at(0, mark)[1]
        paper.line(x0, y, x1, y)
        paper.set_xy(left, y - 2)
        paper.cell(13, 4, f"{mark * 100:.{0 if step >= 0.01 else 1}f}%", align=Align.R)
    for place, label in enumerate(chart.labels):
        if place % 2 == 0 or len(chart.labels) < 16:
            paper.set_xy(at(place, least)[0] - 4, y1 + 0.8)
            paper.cell(8, 4, label, align=Align.C)
    paper.set_line_width(0.45)
    for number, line in enumerate(chart.lines):
        colour = _COLOURS[number % len(_COLOURS)]
        paper.set_draw_color(*colour)
        paper.set_fill_color(*colour)
        _dashed(paper, number)
        before: tuple[float, float] | None = None
        for place, value in enumerate(line.values):
            if value is None:
                before = None
                continue
            now = at(place, value)
            if before is not None:
                paper.line(*before, *now)
            alone = before is None and (place + 1 == len(line.values) or line.values[place + 1] is None)
            if alone:
                paper.ellipse(now[0] - 0.6, now[1] - 0.6, 1.2, 1.2, style="F")
            before = now
    _legend(paper, chart, left + 14, top + height - 7)


def _dashed(paper: FPDF, number: int) -> None:
    dash = _DASHES[number % len(_DASHES)]
    if dash:
        paper.set_dash_pattern(dash=dash[0], gap=dash[1])
    else:
        paper.set_dash_pattern()


def _legend(paper: FPDF, chart: Chart, left: float, y: float) -> None:
    x = left
    for number, line in enumerate(chart.lines):
        paper.set_draw_color(*_COLOURS[number % len(_COLOURS)])
        _dashed(paper, number)
        paper.line(x, y + 2, x + 9, y + 2)
        paper.set_xy(x + 10, y)
        wide = paper.get_string_width(line.name) + 3
        paper.cell(wide, 4, line.name)
        x += 10 + wide + 4


def _bars(paper: FPDF, chart: Chart, left: float, top: float, width: float, height: float) -> None:  # noqa: ARG001
    values = chart.lines[0].values
    known = [one for one in values if one is not None]
    named = max((paper.get_string_width(label) for label in chart.labels), default=10) + 3
    x0, x1 = left + named, left + width - 16
    # Bars begin at zero: their length is the rate.
    most = max([*known, 0.01])
    for place, (label, value) in enumerate(zip(chart.labels, values, strict=True)):
        y = top + 2 + place * _BAR
        paper.set_xy(left, y)
        paper.cell(named - 2, _BAR - 1.4, label, align=Align.R)
        if value is None:
            paper.set_xy(x0, y)
            paper.cell(12, _BAR - 1.4, "—")
            continue
        paper.set_fill_color(*_COLOURS[0])
        paper.rect(x0, y, (x1 - x0) * value / most, _BAR - 1.8, style="F")
        paper.set_xy(x0 + (x1 - x0) * value / most + 0.5, y)
        paper.cell(15, _BAR - 1.4, f"{value * 100:.2f}%")
