"""Cameras broken in three ways: found by the sweep, on the firm's telephone, repaired, checked, in the league table.

An operator at a desk and a fitter with a telephone, in two real browsers against the real platform.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

from tests.house.conftest import Build
from tests.house.house import PATIENCE, House
from tests.house.test_browser import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

CAMERAS = 40
PASSWORD = "a-password-of-my-own-2026"
FIRM, FITTER = "南宁安维科技", "韦师傅"
ILLS = {"refused": "离线", "wrong_password": "用户名或密码不符", "no_video": "在线但无画面"}
"""How cameras are broken, and what the order calls it."""

TELEPHONE = {"width": 390, "height": 844}


@dataclass
class Walk:
    """The platform, who walks through it, and the three cameras: how each is broken, its path, name and id."""

    house: House
    desk: Page
    telephone: Page
    wrong: list[str]
    cameras: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def url(self, path: str) -> str:
        """An address of ours."""
        return f"http://127.0.0.1:{self.house.ports['api']}{path}"

    def simulate(self, *orders: tuple[str, ...]) -> None:
        """Give orders to the demo's virtual cameras, as somebody at its terminal does; all at once."""
        program = [sys.executable, "-m", "commonsight", "simulate"]
        running = [
            subprocess.Popen([*program, *order], env=self.house.environment, stdout=subprocess.DEVNULL)
            for order in orders
        ]
        for one in running:
            assert one.wait(PATIENCE) == 0

    def league(self) -> tuple[int, int]:
        """The firm's line of the league table: playable of those measured, of the cameras it maintains.

        Regions are counted at every question, firms when asked for or by the minute: so it is asked for.
        """
        asked = self.desk.request.post(self.url("/api/v1/health/indicators/count"))
        assert asked.status == 202, asked.text()
        answer = self.desk.request.get(
            self.url("/api/v1/health/league?kind=maintenance&parent=45&by=playable&only=playable&compare=false")
        )
        assert answer.ok, answer.text()
        rows = [row["figures"]["playable"] for row in answer.json()["items"] if (row["name"] or {}).get("zh") == FIRM]
        return (rows[0]["numerator"], rows[0]["denominator"]) if rows else (0, 0)


@pytest.fixture(scope="module")
def house(build: Build, clips: Path) -> House:
    page = Path(__file__).parents[2] / "src/commonsight/api/page/index.html"
    if not page.exists():
        pytest.skip("the web page is not built: make cockpit")
    made = build(
        ["demo", "--cameras", str(CAMERAS)],
        SEE__PROCESSES="0",
        DIAGNOSIS__ENABLED="false",
        # A sweep over these few takes seconds; it begins anew at once, so that nobody waits an hour for it here.
        INSPECT__INTERVAL_SECONDS="5",
        INSPECT__TIMEOUT_SECONDS="3",
        INSPECT__RETRY_SECONDS="1",
        MAINTENANCE__SETTLE_SECONDS="2",
    )
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
    """Both have logged in; the firm has a contract over three cameras that work."""
    wrong: list[str] = []

    def answered(response: Response) -> None:
        if response.status >= 400 and response.status != 401:
            wrong.append(f"{response.status} {response.request.method} {response.url}")

    pages = []
    for viewport in ({"width": 1440, "height": 900}, TELEPHONE):
        page = chromium.new_context(viewport=viewport, locale="zh-CN").new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", answered)
        pages.append(page)
    made = Walk(house, pages[0], pages[1], wrong)
    name, password = (house.data / "first-password").read_text("utf-8").split()
    log_in(made, made.desk, name, password)
    body = {
        "name": "fitter", "display_name": FITTER, "organisation": FIRM, "roles": ["maintainer"], "regions": ["45"],
    }  # fmt: skip
    answer = made.desk.request.post(made.url("/api/v1/people"), data=body)
    assert answer.status == 201, answer.text()
    log_in(made, made.telephone, "fitter", answer.json()["password"])

    working = "SELECT url, name, id FROM cameras WHERE health = 1 AND url LIKE '%%/fleet/%%' ORDER BY code LIMIT 3"
    house.until(lambda: len(house.rows(working)) == 3, "the first sweep found three cameras that work")
    for how, (url, name, camera) in zip(ILLS, house.rows(working), strict=True):
        made.cameras[how] = (urlsplit(url).path.lstrip("/"), name, str(camera))
        # The camera file says who maintains it: that is what the league table of firms is made of.
        place = made.url(f"/api/v1/cameras/{camera}")
        etag = made.desk.request.get(place).headers["etag"]
        answer = made.desk.request.patch(place, data={"file": {"maintenance_unit": FIRM}}, headers={"If-Match": etag})
        assert answer.ok, answer.text()
    unit = house.rows("SELECT id FROM organisations WHERE name = %s", [FIRM])[0][0]
    today = datetime.now(UTC).date()
    contract = {
        "name": "走查合同", "unit_id": str(unit),
        "choice": {"selection": {"cameras": [camera for _, _, camera in made.cameras.values()]}},
        "valid_from": str(today - timedelta(days=1)), "valid_to": str(today + timedelta(days=30)),
        "levels": [{"respond": 2, "repair": 24}],
    }  # fmt: skip
    answer = made.desk.request.post(made.url("/api/v1/maintenance/contracts"), data=contract)
    assert answer.status == 201, answer.text()
    return made


def log_in(walk: Walk, page: Page, name: str, password: str) -> None:
    """Log in for the first time: the one-time password opens nothing but its own change."""
    page.goto(walk.url("/"))
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.keyboard.press("Enter")
    fields = page.locator("input[type=password]")
    expect(fields).to_have_count(3)
    for place, text in enumerate((password, PASSWORD, PASSWORD)):
        fields.nth(place).fill(text)
    fields.nth(2).press("Enter")
    expect(fields).to_have_count(0)


def test_the_sweep_finds_them_and_the_orders_reach_the_firm(walk: Walk) -> None:
    walk.house.until(lambda: walk.league() == (3, 3), "the league table has the firm's cameras")
    walk.simulate(*(("break", path, how) for how, (path, _, _) in walk.cameras.items()))
    walk.desk.goto(walk.url("/health/maintenance"))
    for how, (_, name, _) in walk.cameras.items():
        row = walk.desk.locator("tr").filter(has_text=name)
        expect(row).to_contain_text(ILLS[how])
        expect(row).to_contain_text(FIRM)
    page = walk.telephone
    page.goto(walk.url("/"))  # who may use nothing else is led to the page for the telephone
    expect(page).to_have_url(walk.url("/m"))
    expect(page.locator("a[data-late]")).to_have_count(3)
    for how, (_, name, _) in walk.cameras.items():
        expect(page.locator("a[data-late]").filter(has_text=name)).to_contain_text(ILLS[how])
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    walk.house.until(lambda: walk.league() == (0, 3), "the league table moved")


def report(walk: Walk, how: str, cause: str) -> None:
    """The fitter takes an order, comes, and says what was done."""
    page = walk.telephone
    page.goto(walk.url("/m"))
    page.locator("a[data-late]").filter(has_text=walk.cameras[how][1]).click()
    page.get_by_role("button", name="接单").click()
    page.get_by_role("button", name="我已到现场").click()
    page.get_by_label("故障原因").select_option(cause)
    page.get_by_label("做了什么").fill("更换后画面恢复")
    # What was typed outlives a reload: there are tunnels, and telephones that ring.
    page.reload()
    expect(page.get_by_label("做了什么")).to_have_value("更换后画面恢复")
    expect(page.get_by_label("故障原因")).to_have_value(cause)


def test_a_repair_that_is_none_comes_back_and_a_real_one_closes(walk: Walk, tmp_path: Path) -> None:
    page = walk.telephone
    report(walk, "refused", "power")
    photo = tmp_path / "box.jpg"
    Image.new("RGB", (2400, 1800), (70, 90, 60)).save(photo)
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("button", name="删除照片")).to_have_count(1)
    page.get_by_role("button", name="提交，请平台复检").click()
    expect(page.locator("[data-recheck=faulty]")).to_contain_text("复检未通过")
    walk.simulate(("mend", walk.cameras["refused"][0]))
    page.get_by_label("故障原因").select_option("power")
    page.get_by_label("做了什么").fill("合上空开")
    page.get_by_role("button", name="提交，请平台复检").click()
    expect(page.locator("[data-recheck=well]")).to_contain_text("复检通过")


def test_the_others_are_repaired_checked_and_closed_and_the_league_table_moves(walk: Walk) -> None:
    others = {"wrong_password": "configuration", "no_video": "camera"}
    for how, cause in others.items():
        report(walk, how, cause)
        walk.simulate(("mend", walk.cameras[how][0]))
        walk.telephone.get_by_role("button", name="提交，请平台复检").click()
        expect(walk.telephone.locator("[data-recheck=well]")).to_contain_text("复检通过")
    walk.telephone.goto(walk.url("/m"))
    expect(walk.telephone.get_by_text("没有待办工单")).to_be_visible()
    walk.house.until(lambda: walk.league() == (3, 3), "the league table moved back")
    walk.desk.goto(walk.url("/health/maintenance/orders?view=closed"))
    for _, name, _ in walk.cameras.values():
        expect(walk.desk.locator("tr").filter(has_text=name)).to_contain_text("复检通过")
    walk.desk.goto(walk.url("/health?of=maintenance"))
    expect(walk.desk.locator("tr").filter(has_text=FIRM)).to_contain_text("100")


def test_nothing_went_wrong_on_the_way(walk: Walk) -> None:
    assert walk.wrong == []


def history(walk: Walk, camera: str) -> list[tuple[Any, ...]]:
    """What happened with the order of a camera."""
    return walk.house.rows(
        "SELECT s.action FROM case_steps AS s JOIN maintenance_faults AS f ON f.case_id = s.case_id "
        "WHERE f.camera_id = %s ORDER BY s.at, s.id",
        [camera],
    )


def test_every_step_is_written_down(walk: Walk) -> None:
    # A sweep of the ordinary kind may see the camera well before the fitter has said so.
    said = [action for (action,) in history(walk, walk.cameras["refused"][2]) if action != "recovered"]
    assert said == ["opened", "assign", "taken", "arrived", "handle", "reject", "handle", "verify", "close"]
