"""A person walks through the demo in a real Chromium: log in, cockpit, a live picture with boxes, counts that rise."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect, sync_playwright

from tests.house.conftest import Build
from tests.house.house import PATIENCE, House

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.timeout(900)]

CAMERAS = 300
NEW_PASSWORD = "a-password-of-my-own-2026"
CHROMIUM = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
PLAYS = "video => video.readyState >= 3 && video.currentTime > 0"
DRAWN = """canvas => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
  return data.some((value, place) => place % 4 === 3 && value > 0)
}"""


@pytest.fixture(scope="module")
def house(build: Build, clips: Path, weights: str) -> House:
    page = Path(__file__).parents[2] / "src/commonsight/api/page/index.html"
    if not page.exists():
        pytest.skip("the web page is not built: make cockpit")
    made = build(["demo", "--cameras", str(CAMERAS)], VISION__MODELS_DIR=weights)
    shutil.copytree(clips, made.data / "footage")
    made.start()
    return made


@pytest.fixture(scope="module")
def page(house: House) -> Iterator[Page]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        page.set_default_timeout(PATIENCE * 1000)
        expect.set_options(timeout=PATIENCE * 1000)
        yield page
        browser.close()


@pytest.fixture(scope="module")
def wrong(page: Page) -> list[str]:
    """What the page complained about: script errors, and answers that say the server or our request was at fault."""
    found: list[str] = []

    def answered(response: Response) -> None:
        if response.status >= 400 and response.status != 401:
            found.append(f"{response.status} {response.url}")

    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("response", answered)
    return found


def test_the_demo_from_login_to_rising_counts(house: House, page: Page, wrong: list[str]) -> None:
    page.goto(f"http://127.0.0.1:{house.ports['api']}/")
    _, password = (house.data / "first-password").read_text("utf-8").split()
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码", exact=True).fill(password)
    page.keyboard.press("Enter")

    # The one-time password opens nothing but its own change.
    fields = page.locator("input[type=password]")
    expect(fields).to_have_count(3)
    for place, text in enumerate((password, NEW_PASSWORD, NEW_PASSWORD)):
        fields.nth(place).fill(text)
    fields.nth(2).press("Enter")
    expect(fields).to_have_count(0)
    assert not (house.data / "first-password").exists()

    # The cockpit: health that was really measured, and the region's cities.
    expect(page.get_by_text("南宁市").first).to_be_visible()
    expect(page.get_by_text("在线率").first).to_be_visible()

    # No reason, no frame; with one, a picture that moves and boxes on it.
    page.get_by_role("button", name="滨江公园步道").click()
    player = page.get_by_role("region", name=re.compile("滨江公园步道"))
    assert player.locator("video").count() == 0
    player.get_by_role("combobox").click()
    page.locator(".ant-select-item-option").first.click()
    player.get_by_role("textbox").last.fill("演示走查")
    player.locator("button[type=submit]").click()
    video = player.locator("video")
    expect(video).to_be_visible()
    page.wait_for_function(PLAYS, arg=video.element_handle())
    page.wait_for_function(DRAWN, arg=player.locator("canvas[aria-hidden]").element_handle())

    # It stands in the register before anything else, and the counts rise.
    reasons = house.rows("SELECT purpose_text FROM retrievals WHERE holder_kind = 'person'")
    assert ("演示走查",) in reasons
    crossings = "SELECT coalesce(sum(value), 0) FROM observations WHERE measure LIKE 'crossings%%'"
    first = house.until(lambda: house.rows(crossings)[0][0], "somebody crosses a line")
    house.until(lambda: house.rows(crossings)[0][0] > first, "the counts rise")

    # Both languages, the other pages, and nothing broke on the way.
    page.goto(f"http://127.0.0.1:{house.ports['api']}/cameras")
    expect(page.locator("table, [role=grid], [role=table]").first).to_be_visible()
    page.goto(f"http://127.0.0.1:{house.ports['api']}/system")
    expect(page.get_by_text("media-1").first).to_be_visible()
    assert wrong == []


def test_gathering_from_registration_to_the_device_behind_a_camera(
    house: House, page: Page, wrong: list[str], tmp_path: Path
) -> None:
    """Runs after the walk above, in its session: who registered, what came in, a file of cameras in and out again."""
    home = f"http://127.0.0.1:{house.ports['api']}"

    # The demo's lower platforms registered by themselves, and their catalogues came whole.
    page.goto(f"{home}/cameras/access")
    row = page.get_by_role("row").filter(has_text="南宁市视频共享平台")
    expect(row).to_contain_text("在线")
    page.goto(f"{home}/cameras/sync")
    expect(page.get_by_role("row").filter(has_text="南宁市视频共享平台").first).to_contain_text("完整")

    # Their groups stand beside the regions.
    page.goto(f"{home}/cameras")
    page.get_by_text("业务分组").click()
    expect(page.get_by_role("tree", name="按业务分组选择摄像机")).to_contain_text("南宁市视频共享平台")

    # A file of two rows: the wrong one is named, the good one written, and the whole undone.
    table = tmp_path / "两行.csv"
    table.write_text(
        "名称,行政区划代码,经度,纬度\n走查导入一,450103,108.37,22.81\n走查导入二,450103,408,22.8\n", "utf-8"
    )
    page.goto(f"{home}/cameras/import")
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_text("有 1 行存在问题")).to_be_visible()
    expect(page.get_by_role("cell", name="408", exact=True)).to_be_visible()
    imported = "SELECT count(*) FROM cameras WHERE name LIKE '走查导入%%' AND archived_at IS NULL"
    assert house.rows(imported)[0][0] == 0
    page.get_by_role("button", name="写入 1 行").click()
    expect(page.get_by_text("已写入 1 行")).to_be_visible()
    assert house.rows(imported)[0][0] == 1
    page.get_by_role("button", name="整批撤销").click()
    page.get_by_role("dialog").get_by_role("button", name="整批撤销").click()
    expect(page.get_by_text("这批导入已撤销", exact=False)).to_be_visible()
    assert house.rows(imported)[0][0] == 0

    # Behind a camera stands its device: it can be asked, and turned.
    behind = (
        "SELECT c.id FROM gb_channels ch JOIN cameras c ON c.id = ch.camera_id WHERE c.kind = 'dome' ORDER BY ch.code"
    )
    page.goto(f"{home}/cameras/{house.rows(behind)[0][0]}")
    page.get_by_role("tab", name="设备", exact=True).click()
    page.get_by_role("button", name="询问设备").click()
    expect(page.get_by_text("自检")).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith("/ptz") and answer.ok):
        page.get_by_role("button", name="停止").click()
    assert wrong == []
