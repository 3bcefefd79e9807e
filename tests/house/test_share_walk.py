"""An officer and an administrator in two real browsers: from no grant to the picture, and to its end by revocation."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Response, expect, sync_playwright

from tests.house.conftest import Build
from tests.house.house import PATIENCE, House
from tests.house.test_browser import CHROMIUM, PLAYS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

CAMERAS = 60
PASSWORD = "a-password-of-my-own-2026"
OFFICER, UNIT = "韦警官", "南宁市公安局青秀分局"
CAMERA = "滨江公园步道"
REASON = "三月三民族广场活动保障，走查"
ALLOWED = ("实时观看", "录像回放", "抓图", "录像下载")
VIDEO = "document.querySelector('[data-cell=\"0\"] video%s')"
LEAST_PICTURE = 1_500
"""A JPEG smaller than this, bytes, shows nothing."""


@dataclass
class Walk:
    """The platform, and who walks through it."""

    house: House
    officer: Page
    administrator: Page
    wrong: list[str]
    camera: str

    def goto(self, page: Page, path: str) -> None:
        """Open a page of ours."""
        page.goto(f"http://127.0.0.1:{self.house.ports['api']}{path}")

    def lines(self, action: str) -> list[tuple[Any, ...]]:
        """Lines of the officer in the register: reason, unit, name."""
        return self.house.rows(
            "SELECT purpose_text, organisation, holder_name FROM retrievals "
            "WHERE holder_name = %s AND action = %s ORDER BY asked_at",
            [OFFICER, action],
        )


@pytest.fixture(scope="module")
def house(build: Build, clips: Path) -> House:
    page = Path(__file__).parents[2] / "src/commonsight/api/page/index.html"
    if not page.exists():
        pytest.skip("the web page is not built: make cockpit")
    # Nothing is counted here: without analysis there is a core more for the pictures.
    made = build(["demo", "--cameras", str(CAMERAS)], SEE__PROCESSES="0", RECORDING__SEGMENT_SECONDS="4")
    shutil.copytree(clips, made.data / "footage")
    made.start()
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        expect.set_options(timeout=PATIENCE * 1000)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def walk(house: House, chromium: Browser) -> Walk:
    """Both have logged in; the officer was made by the administrator."""
    wrong: list[str] = []

    def answered(response: Response) -> None:
        # 401 before the login, 403 where a grant is missing: both are what this walk is about.
        if response.status >= 400 and response.status not in (401, 403):
            wrong.append(f"{response.status} {response.request.method} {response.url}")

    pages = []
    for _ in range(2):
        page = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", answered)
        pages.append(page)
    camera = str(house.rows("SELECT id FROM cameras WHERE name LIKE %s", [f"%{CAMERA}%"])[0][0])
    made = Walk(house, pages[0], pages[1], wrong, camera)
    name, password = (house.data / "first-password").read_text("utf-8").split()
    log_in(made, made.administrator, name, password)
    body = {"name": "wei", "display_name": OFFICER, "organisation": UNIT, "roles": ["officer"], "regions": ["45"]}
    answer = made.administrator.request.post(f"http://127.0.0.1:{house.ports['api']}/api/v1/people", data=body)
    assert answer.status == 201, answer.text()
    log_in(made, made.officer, "wei", answer.json()["password"])
    # Recorded from now on, so that there is something to look back at when the officer gets there.
    order = {"minutes": 30, "kind": "manual", "reason": "走查"}
    place = f"http://127.0.0.1:{house.ports['api']}/api/v1/cameras/{camera}/recording"
    answer = made.administrator.request.post(place, data=order)
    assert answer.status == 201, answer.text()
    return made


def log_in(walk: Walk, page: Page, name: str, password: str) -> None:
    """Log in for the first time: the one-time password opens nothing but its own change."""
    walk.goto(page, "/")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.keyboard.press("Enter")
    fields = page.locator("input[type=password]")
    expect(fields).to_have_count(3)
    for place, text in enumerate((password, PASSWORD, PASSWORD)):
        fields.nth(place).fill(text)
    fields.nth(2).press("Enter")
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()


def state_purpose(page: Page) -> None:
    """Say why, in the wall's own form."""
    form = page.locator("form").filter(has_text="用途")
    form.get_by_role("combobox").click()
    page.locator(".ant-select-item-option").filter(has_text="治安防控与大型活动保障").click()
    form.get_by_role("textbox").last.fill(REASON)
    form.locator("button[type=submit]").click()


def wait_for_picture(page: Page, mark: str = "") -> None:
    """Until the first cell plays; looked up anew each time, because a new permit brings a new player."""
    page.wait_for_function(f"() => {{ const one = {VIDEO % mark}; return one && ({PLAYS})(one) }}")


def cell_of(page: Page) -> Locator:
    """The first cell of the wall."""
    return page.locator('[data-cell="0"]')


def test_without_a_grant_there_is_no_picture_but_the_way_to_one(walk: Walk) -> None:
    page = walk.officer
    walk.goto(page, f"/video?camera={walk.camera}")
    expect(cell_of(page)).to_contain_text(CAMERA)
    state_purpose(page)
    expect(cell_of(page).get_by_role("alert")).to_contain_text("您没有对")
    assert page.locator("video").count() == 0
    assert walk.lines("live") == []

    cell_of(page).get_by_role("button", name="申请授权").click()
    for action in ALLOWED:
        page.get_by_role("checkbox", name=action).check()
    page.get_by_label("事由", exact=True).click()
    page.locator(".ant-select-item-option").filter(has_text="治安防控与大型活动保障").click()
    page.keyboard.press("Escape")
    page.get_by_label("理由", exact=True).fill(REASON)
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("申请已提交，等待审批")).to_be_visible()
    expect(page.get_by_text("待审批").first).to_be_visible()


def test_an_administrator_approves_and_the_wall_plays(walk: Walk, tmp_path: Path) -> None:
    page = walk.administrator
    walk.goto(page, "/video/grants/desk")
    page.get_by_role("button", name="查看与审批").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(REASON)
    # Antd puts a space between the two characters of a short button.
    drawer.get_by_role("button", name=re.compile(r"^批\s?准$")).click()
    expect(page.get_by_text("已批准：授权即刻生效")).to_be_visible()

    # What hung on the wall when the officer left hangs there again.
    page = walk.officer
    walk.goto(page, "/video")
    expect(cell_of(page)).to_contain_text(CAMERA)
    state_purpose(page)
    wait_for_picture(page)
    mark = cell_of(page).get_by_text(f"{OFFICER} · {UNIT}")
    expect(mark).to_be_visible()
    first = mark.bounding_box()
    walk.house.until(lambda: mark.bounding_box() != first, "the mark moves")
    assert walk.lines("live") == [(REASON, UNIT, OFFICER)]

    # Kept with the mark in its pixels, and a line of its own.
    cell_of(page).focus()
    with page.expect_download() as kept:
        page.keyboard.press("s")
    file = tmp_path / "kept.jpg"
    kept.value.save_as(file)
    assert file.read_bytes().startswith(b"\xff\xd8")
    assert file.stat().st_size > LEAST_PICTURE
    assert walk.lines("snapshot") == [(REASON, UNIT, OFFICER)]

    # Seen once, seen again at once, and back.
    cell_of(page).focus()
    page.keyboard.press("r")
    expect(cell_of(page).get_by_text("即时回看", exact=True)).to_be_visible()
    wait_for_picture(page, "[data-picture]:not([hidden])")
    page.keyboard.press("r")
    expect(cell_of(page).get_by_text("即时回看", exact=True)).to_have_count(0)


def test_what_was_recorded_is_played_and_taken_out_as_a_marked_clip(walk: Walk, tmp_path: Path) -> None:
    page, home = walk.officer, f"http://127.0.0.1:{walk.house.ports['api']}/api/v1"
    recorded = "SELECT count(*) FROM recordings WHERE camera_id = %s AND deleted_at IS NULL"
    walk.house.until(lambda: walk.house.rows(recorded, [walk.camera])[0][0] >= 4, "a quarter of a minute is recorded")
    walk.goto(page, f"/video/playback?camera={walk.camera}")
    state_purpose(page)
    playing = "() => [...document.querySelectorAll('figure video')].some(one => one.currentTime > %g)"
    page.wait_for_function(playing % 0.5)
    expect(page.get_by_role("figure").get_by_text(f"{OFFICER} · {UNIT}")).to_be_visible()
    assert walk.lines("playback") == [(REASON, UNIT, OFFICER)]

    page.get_by_role("button", name="设为起点").click()
    begun = page.evaluate("() => document.querySelector('figure video').currentTime")
    page.wait_for_function(playing % (begun + 4))
    page.get_by_role("button", name="设为终点").click()
    page.get_by_role("button", name="导出片段").click()
    page.get_by_role("dialog").get_by_role("button", name="开始导出").click()
    expect(page.get_by_role("cell", name=re.compile("已完成"))).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_role("button", name=re.compile("^下载")).click()
    file = tmp_path / "clip.mp4"
    fetched.value.save_as(file)
    clip = file.read_bytes()
    assert clip[4:8] == b"ftyp"
    (export,) = page.request.get(f"{home}/exports").json()["items"]
    assert export["files"][0]["sha256"] == hashlib.sha256(clip).hexdigest()
    certificate = page.request.get(f"{home}/exports/{export['id']}/certificate")
    assert certificate.ok
    assert export["files"][0]["sha256"] in certificate.text()
    assert (REASON, UNIT, OFFICER) in walk.lines("download")
    walk.goto(page, "/video")
    state_purpose(page)
    wait_for_picture(page)


def test_a_hidden_mark_stops_the_picture(walk: Walk) -> None:
    page = walk.officer
    mark = cell_of(page).get_by_text(f"{OFFICER} · {UNIT}")
    mark.evaluate("node => { node.style.opacity = '0' }")
    expect(cell_of(page).get_by_role("alert")).to_contain_text("水印被遮挡或隐藏")
    assert not cell_of(page).locator("video").evaluate("video => Boolean(video.src)")
    cell_of(page).get_by_role("button", name="重新调阅").click()
    wait_for_picture(page)


def test_a_tour_is_registered_camera_by_camera_and_a_case_pops_up(walk: Walk) -> None:
    page, home = walk.administrator, f"http://127.0.0.1:{walk.house.ports['api']}/api/v1"
    working = "SELECT id FROM cameras WHERE has_source AND health = 1 AND archived_at IS NULL ORDER BY name LIMIT 3"
    cameras = walk.house.until(lambda: len(found := walk.house.rows(working)) == 3 and found, "three cameras work")
    ids = [str(row[0]) for row in cameras]
    layout = {"size": 1, "cells": [{"cameras": ids, "seconds": 5}], "tour": None}
    assert page.request.put(f"{home}/walls/current", data={"layout": layout, "wall_id": None}).status == 204
    walk.goto(page, "/video")
    expect(cell_of(page)).to_contain_text("轮巡 1/3")
    state_purpose(page)
    shown = "SELECT count(DISTINCT camera_id) FROM retrievals WHERE holder_name <> %s AND purpose_text = %s"
    walk.house.until(lambda: walk.house.rows(shown, [OFFICER, REASON])[0][0] == 3, "each camera has its line")
    page.get_by_role("button", name="暂停轮巡").click()

    words = "路口积水约三十厘米"
    answer = page.request.post(f"{home}/cases", data={"words": words, "camera_id": ids[0], "severity": 1})
    assert answer.status == 201, answer.text()
    card = page.get_by_role("article").filter(has_text=words)
    card.get_by_role("button", name="查看画面").click()
    picture = page.get_by_role("region", name="事件画面")
    expect(picture.locator("video")).to_be_visible()
    page.wait_for_function(PLAYS, arg=picture.locator("video").element_handle())
    number = answer.json()["number"]
    assert walk.house.rows("SELECT 1 FROM retrievals WHERE purpose_text LIKE %s", [f"事件 {number}：%"])
    picture.get_by_role("button", name="关闭事件画面").click()
    # It leaves a wall of its own behind, which must not go on writing lines.
    page.get_by_role("button", name="清空视频墙").click()


def test_the_register_shows_it_and_a_revocation_cuts_the_picture(walk: Walk) -> None:
    page = walk.administrator
    walk.goto(page, "/video/register")
    row = page.get_by_role("row").filter(has_text=OFFICER)
    expect(row.first).to_contain_text(CAMERA)
    expect(row.first).to_contain_text(UNIT)
    assert len(walk.lines("live")) >= 2
    assert {line[:2] for line in walk.lines("live")} == {(REASON, UNIT)}

    walk.goto(page, "/video/grants/all")
    page.get_by_role("row").filter(has_text=OFFICER).get_by_role("button", name=re.compile(r"^详\s?情$")).click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("个正在使用的许可会立即失效")
    drawer.get_by_label("撤销理由").fill("活动已结束")
    drawer.get_by_role("button", name="撤销授权").click()
    expect(page.get_by_text(re.compile("已撤销，[1-9]"))).to_be_visible()

    page = walk.officer
    expect(cell_of(page).get_by_role("alert")).to_contain_text(re.compile("许可已被?撤销"))
    assert not cell_of(page).locator("video").evaluate("video => Boolean(video.src)")
    # Asking again leads nowhere: it is refused with words.
    cell_of(page).get_by_role("button", name="重新调阅").click()
    expect(cell_of(page).get_by_role("alert")).to_contain_text("您没有对")
    expect(cell_of(page).locator("video")).to_have_count(0)
    assert walk.wrong == []
