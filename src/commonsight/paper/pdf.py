"""A document as a PDF: A4, a song-like font for text and a black-like one for headings, both embedded as subsets.

The same document makes the same bytes: its date is the figures', and nothing else in it depends on when it is drawn.
"""

import logging
from collections.abc import Sequence
from typing import Final

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, WrapMode
from fpdf.fonts import FontFace, TTFFont

from commonsight.paper import breaking, charts
from commonsight.paper.fonts import Face
from commonsight.paper.model import Block, Chart, Document, Heading, Paragraph, Table, plain

MARGIN: Final = (26.0, 25.0, 26.0)
"""Left, top, right, mm."""
FOOT: Final = 22.0
TITLE, SUBTITLE, HEADING, TEXT, CELL, SMALL = 22.0, 15.0, 14.0, 11.5, 9.0, 9.0
ROW, PADDING = 5.0, 1.2
"""Height of a line in a table, and the room beside its texts, mm."""
_ALIGN: Final = {"left": Align.L, "right": Align.R, "centre": Align.C}
_HEAD: Final = FontFace(family="heading", size_pt=CELL, fill_color=(226, 233, 241), color=(20, 30, 45))
_INDENT: Final = "　　"


class _Paper(FPDF):
    """Pages with a line at the foot."""

    def __init__(self, document: Document) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self._document = document

    def footer(self) -> None:
        """What the document is, and which page this is."""
        self.set_y(-FOOT + 6)
        self.set_font("text", size=8.5)
        self.set_text_color(90)
        width = self.epw / 2
        self.cell(width, 5, self._document.foot, align=Align.L)
        page = self._document.page_of.format(page=self.page_no(), pages="{nb}")
        self.cell(width, 5, page, align=Align.R)
        self.set_text_color(0)


def draw(document: Document, text: Face, heading: Face, language: str) -> bytes:
    """The document as a PDF. Takes a second or two: run it beside the event loop."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    logging.getLogger("fpdf").setLevel(logging.ERROR)
    paper = _Paper(document)
    paper.set_creation_date(document.as_of)
    paper.set_title(f"{document.title} {document.subtitle}")
    paper.set_lang("zh-CN" if language == "zh" else "en")
    paper.set_margins(*MARGIN)
    paper.set_auto_page_break(True, FOOT)
    paper.add_font("text", "", text.path, collection_font_number=text.number)
    paper.add_font("heading", "", heading.path, collection_font_number=heading.number)
    try:
        return _drawn(paper, document, language)
    finally:
        for font in paper.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()


def _drawn(paper: _Paper, document: Document, language: str) -> bytes:
    drawing = _Drawing(paper, language)
    paper.add_page()
    drawing.head(document)
    for place, block in enumerate(document.blocks):
        match block:
            case Heading():
                drawing.heading(block, document.blocks[place + 1 :])
            case Paragraph():
                drawing.paragraph(block)
            case Table() if not block.sheet_only:
                drawing.table(block, document.unknown)
            case Chart():
                drawing.chart(block)
    return bytes(paper.output())


class _Drawing:
    """Puts blocks onto paper, one below the other."""

    def __init__(self, paper: FPDF, language: str) -> None:
        self._paper = paper
        # Chinese breaks anywhere, English between words.
        self._wrap = WrapMode.CHAR if language == "zh" else WrapMode.WORD
        self._indent = _INDENT if language == "zh" else ""
        self._page = paper.h - MARGIN[1] - FOOT

    def head(self, document: Document) -> None:
        """Title, month, and what one must know before reading."""
        paper = self._paper
        paper.ln(10)
        paper.set_font("heading", size=TITLE)
        paper.multi_cell(0, 11, document.title, align=Align.C, new_x="LMARGIN", new_y="NEXT", wrapmode=self._wrap)
        paper.ln(2)
        paper.set_font("text", size=SUBTITLE)
        paper.multi_cell(0, 8, document.subtitle, align=Align.C, new_x="LMARGIN", new_y="NEXT")
        paper.ln(4)
        paper.set_font("text", size=10)
        for fact in document.facts:
            paper.multi_cell(0, 5.6, fact, align=Align.C, new_x="LMARGIN", new_y="NEXT", wrapmode=self._wrap)
        paper.ln(2)
        paper.set_draw_color(160, 30, 30)
        paper.set_line_width(0.5)
        paper.line(paper.l_margin, paper.get_y(), paper.w - paper.r_margin, paper.get_y())
        paper.set_draw_color(0)
        paper.set_line_width(0.2)
        paper.ln(3)

    def heading(self, block: Heading, rest: Sequence[Block]) -> None:
        """A heading, never without what it is about: a table or chart that would not fit below it takes it along."""
        needed = 34.0
        for following in rest:
            if isinstance(following, Paragraph) and following.small:
                continue
            if isinstance(following, Table):
                needed = self._height_of(following) + 34
            elif isinstance(following, Chart):
                needed = charts.height_of(following) + 34
            break
        if self._room() < (needed if needed < self._page else 60):
            self._paper.add_page()
        self._paper.ln(4)
        self._paper.set_font("heading", size=HEADING)
        self._paper.start_section(block.text)
        self._paper.multi_cell(0, 8, block.text, align=Align.L, new_x="LMARGIN", new_y="NEXT")
        self._paper.ln(1)

    def paragraph(self, block: Paragraph) -> None:
        """Sentences, the first line set in as is the custom."""
        size, height = (SMALL, 4.8) if block.small else (TEXT, 6.8)
        self._paper.set_font("text", size=size)
        if block.small:
            self._paper.set_text_color(80)
        words = block.text if block.small else f"{self._indent}{block.text.strip()}"
        for line in breaking.lines(words, self._paper.epw - 2, self._paper.get_string_width):
            if self._room() < height:
                self._paper.add_page()
            self._paper.cell(0, height, line, new_x="LMARGIN", new_y="NEXT")
        self._paper.set_text_color(0)
        self._paper.ln(1.5)

    def table(self, block: Table, unknown: str) -> None:
        """A table: its headings on every page it reaches, no row cut in two, numbers to the right."""
        paper = self._paper
        needed = self._height_of(block) + 8
        if self._room() < (needed if needed < self._page else 40):
            paper.add_page()
        paper.set_font("heading", size=10)
        paper.multi_cell(0, 7, block.title, align=Align.C, new_x="LMARGIN", new_y="NEXT")
        cells = self._cells(block, unknown)
        paper.set_font("text", size=CELL)
        paper.set_draw_color(150)
        paper.set_line_width(0.15)
        with paper.table(
            col_widths=tuple(column.weight for column in block.columns),
            text_align=tuple(_ALIGN[column.align] for column in block.columns),
            headings_style=_HEAD,
            line_height=ROW,
            padding=(0.6, PADDING),
            borders_layout=TableBordersLayout.ALL,
            v_align=VAlign.M,
            wrapmode=self._wrap,
            first_row_as_headings=True,
        ) as table:
            for number, texts in enumerate(cells):
                row = table.row()
                for column, text in zip(block.columns, texts, strict=True):
                    row.cell(text, align=Align.C if number == 0 else _ALIGN[column.align])
        paper.set_draw_color(0)
        paper.ln(3)

    def _cells(self, block: Table, unknown: str) -> list[list[str]]:
        """The texts of a table, headings first, broken into lines that fit their columns."""
        whole = sum(column.weight for column in block.columns)
        made = []
        for number, values in enumerate([tuple(column.heading for column in block.columns), *block.rows]):
            self._paper.set_font("text" if number else "heading", size=CELL)
            texts = []
            for column, value in zip(block.columns, values, strict=True):
                width = self._paper.epw * column.weight / whole - 2 * PADDING - 0.4
                broken = breaking.lines(plain(value, unknown), width, self._paper.get_string_width)
                texts.append("\n".join(broken))
            made.append(texts)
        return made

    def _height_of(self, block: Table) -> float:
        cells = self._cells(block, "-")
        return sum(ROW * max(text.count("\n") + 1 for text in texts) + 1.2 for texts in cells)

    def chart(self, block: Chart) -> None:
        """A chart with its title, on one page."""
        height = charts.height_of(block)
        if self._room() < height + 12:
            self._paper.add_page()
        self._paper.set_font("heading", size=10)
        self._paper.multi_cell(0, 7, block.title, align=Align.C, new_x="LMARGIN", new_y="NEXT")
        charts.draw(self._paper, block, self._paper.l_margin, self._paper.get_y(), self._paper.epw, height)
        self._paper.set_y(self._paper.get_y() + height)
        self._paper.ln(3)

    def _room(self) -> float:
        return float(self._paper.h - FOOT - self._paper.get_y())
