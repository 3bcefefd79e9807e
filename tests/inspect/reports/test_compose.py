"""What a report says, from the figures alone."""

import copy
from typing import Any

import pytest

from commonsight.inspect.reports import compose
from commonsight.inspect.reports.model import Month
from commonsight.paper.model import Chart, Document, Heading, Paragraph, Points, Share, Table, plain
from commonsight.problem import Refusal
from tests.inspect.reports.figures import figures


def made(language: str = "zh", **changes: Any) -> Document:
    return compose.document(figures() | changes, language, "某视频中心", "韦警官", 2, "补报两日")


def words(document: Document) -> str:
    return "\n".join(block.text for block in document.blocks if isinstance(block, (Paragraph, Heading)))


def table(document: Document, title: str) -> Table:
    (found,) = [block for block in document.blocks if isinstance(block, Table) and title in block.title]
    return found


def test_sentences_say_value_change_and_aim() -> None:
    said = words(made())
    assert "在线率96.12%，较上月上升 0.89 个百分点，未达到目标值 99.00%。" in said
    assert "可播放率88.71%，与上月持平。" in said
    assert "档案完整率90.34%，较上月下降 0.67 个百分点。" in said
    assert "南宁市居首（97.80%），来宾市居末（89.40%）" in said


def test_what_is_unknown_is_named_and_never_zero() -> None:
    document = made()
    assert "录像完整率" in words(document)
    rows = {row[0]: row for row in table(document, "主要指标").rows}
    assert rows["录像完整率"][1] == Share(None)
    assert plain(rows["录像完整率"][1]) == "—"
    assert rows["录像完整率"][5] is None
    assert rows["图像完好率"][3] == Points(None)
    (chart,) = [block for block in document.blocks if isinstance(block, Chart) and block.kind == "lines"]
    assert chart.lines[0].values[11] is None


def test_nothing_at_all_is_said_plainly() -> None:
    empty = copy.deepcopy(figures())
    for one in empty["indicators"]:
        one |= {"value": None, "before": None, "numerator": None, "denominator": None, "unknown": None, "days": 0}
    empty |= {key: [] for key in ("league", "faults", "repairs", "feedbacks", "exemptions", "worst_counties",
                                  "worst_cameras")}  # fmt: skip
    empty["trend"]["values"] = {code: [None] * 31 for code in empty["trend"]["values"]}
    said = words(compose.document(empty, "zh", "", "", 1, ""))
    assert "没有任何一天的统计数据" in said
    assert "0.00%" not in said
    for block in compose.document(empty, "en", "", "", 1, "").blocks:
        assert not isinstance(block, Chart)


def test_both_languages_have_every_word() -> None:
    for language in ("zh", "en"):
        document = made(language)
        everything = "\n".join([document.title, document.foot, *document.facts, words(document)])
        for block in document.blocks:
            if isinstance(block, Table):
                everything += block.title + "".join(column.heading for column in block.columns)
        assert "inspect." not in everything
        assert "{" not in everything.replace("{page}", "").replace("{pages}", "")
        assert len([block for block in document.blocks if isinstance(block, Heading)]) == 9


def test_the_bridge_of_each_list_is_there_and_a_running_month_says_so() -> None:
    bridge = table(made(), "从对方结果")
    assert [row[0] for row in bridge.rows] == ["对方结果", "对方清单未列", "已报备", "前后均实测正常", "本平台结果"]
    assert bridge.rows[1][3] == Points(0.0433)
    assert any("期中" in fact for fact in made(over=False).facts)
    assert any("补报两日" in fact for fact in made().facts)


@pytest.mark.parametrize("said", ["2026-13", "2026-1", "202610", "1999-01", "", "2026-10-01"])
def test_months_are_told_from_other_texts(said: str) -> None:
    with pytest.raises(Refusal) as caught:
        Month.of(said)
    assert caught.value.operand == "month"


def test_months_know_their_neighbours() -> None:
    january = Month.of("2026-01")
    assert (str(january.before), str(january.after), january.days) == ("2025-12", "2026-02", 31)
    assert Month.of("2028-02").days == 29


@pytest.mark.parametrize(
    ("value", "text"),
    [(Share(0.96123), "96.12%"), (Share(None), "—"), (Points(0.0089), "+0.89"), (Points(-0.0067), "-0.67"),
     (Points(0.0), "0.00"), (12_345, "12,345"), (17.5, "17.5"), ("甲", "甲"), (None, "—")],
)  # fmt: skip
def test_values_read_as_on_paper(value: Any, text: str) -> None:
    assert plain(value) == text
