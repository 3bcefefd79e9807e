"""The page's files, the addresses inside it, and what stands there before it is built."""

import pytest

from commonsight.records import nodes


@pytest.fixture
def built(app, tmp_path):
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>共视</title>")
    (page / "assets" / "main-abc123.js").write_text("export {}")
    (page / "mark.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    (page / "out").symlink_to(tmp_path / "secret.txt")
    app.state.page = page
    return page


@pytest.mark.parametrize("path", ["/", "/cameras", "/cameras/0199-abc", "/system?tab=2", "/index.html", "/a/b/c"])
async def test_every_address_of_the_application_is_the_page(anybody, built, path):
    answer = await anybody.get(path)
    assert answer.status_code == 200
    assert "共视" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in answer.headers["content-security-policy"]


async def test_the_policy_names_the_media_nodes(anybody, built, database):
    assert "ws://127.0.0.1:8620" in (await anybody.get("/")).headers["content-security-policy"]
    await nodes.beat(database, "media-1", "media", "10.45.0.9:8700")
    assert "ws://10.45.0.9:8700" in (await anybody.get("/")).headers["content-security-policy"]


async def test_hashed_files_are_kept_for_good_and_others_asked_for_again(anybody, built):
    script = await anybody.get("/assets/main-abc123.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    mark = await anybody.get("/mark.svg")
    assert mark.headers["content-type"] == "image/svg+xml"
    assert mark.headers["cache-control"] == "no-cache"
    again = await anybody.get("/mark.svg", headers={"If-None-Match": mark.headers["etag"]})
    assert again.status_code in (200, 304)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/out",
        "//etc/passwd",
        "/assets/%00",
        "/" + "x" * 5000,
    ],
)
async def test_there_is_no_way_out_of_the_page(anybody, built, path):
    answer = await anybody.get(path)
    assert answer.status_code in (200, 404)
    assert "secret" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize("path", ["/assets/gone.js", "/api/v2/people", "/api", "/docs/nothing"])
async def test_what_is_missing_below_a_reserved_address_is_missing(anybody, built, path):
    answer = await anybody.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "http.not_found")


async def test_before_it_is_built_it_says_so_in_both_languages(anybody, app, tmp_path):
    app.state.page = tmp_path / "nothing"
    answer = await anybody.get("/")
    assert answer.status_code == 503
    assert "页面尚未构建" in answer.text
    assert "not built yet" in answer.text
