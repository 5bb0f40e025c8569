"""The site file that the page offers while there is none is one that the service takes."""

from pathlib import Path

from telemetry.settings.plan import load_plan

NOTICE = Path(__file__).parents[3] / "web/src/frame/notice.ts"


def test_the_offered_site_file_is_accepted_as_it_stands(tmp_path: Path) -> None:
    text = NOTICE.read_text(encoding="utf-8").partition("EXAMPLE = `")[2].partition("`")[0]
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/plant.yaml").write_text(text, encoding="utf-8")
    site = load_plan(tmp_path).site
    assert site is not None
    assert [(meter.code, meter.device, meter.role) for meter in site.meters] == [
        ("M1", "eastron-sdm630", "boundary")
    ]
