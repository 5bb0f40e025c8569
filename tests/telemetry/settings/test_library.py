from pathlib import Path

from telemetry.settings.library import library_folder, load_library
from telemetry.settings.mistakes import Mistake

SET = "code: own\npublisher: Ourselves\ntitle: Measured\nedition: own-2026\nsource: a report\n"
HEADER = (
    "id,item,value,unit_numerator,unit_denominator,gas,scope,region,year,valid_from,valid_to,purpose,"
    "name_en,name_zh,verified\n"
)
FUELS = (
    "id,name_en,name_zh,ncv,ncv_unit,carbon_content,carbon_content_unit,oxidation,ef,ef_unit,"
    "source,verified\n"
)


def own_set(folder: Path, **tables: str) -> Path:
    home = folder / "factors" / "own"
    home.mkdir(parents=True)
    (home / "set.yaml").write_text(SET)
    for name, text in tables.items():
        (home / f"{name}.csv").write_text(text)
    return folder


def mistakes_of(folder: Path) -> list[Mistake]:
    mistakes: list[Mistake] = []
    load_library(folder, mistakes)
    return mistakes


def test_a_parks_own_factors_stand_beside_the_library(tmp_path: Path) -> None:
    row = "own.steam,heat,90,kgCO2,GJ,CO2,2,XX,,,,scope2_heat,Steam,蒸汽,VERIFIED\n"
    mistakes: list[Mistake] = []
    library = load_library(own_set(tmp_path, factors=HEADER + row), mistakes)
    assert mistakes == []
    assert [factor.kg for factor in library.factors if factor.id == "own.steam"] == [90.0]
    assert len(library.factors) > 500


def test_two_factors_that_answer_one_question_are_refused(tmp_path: Path) -> None:
    row = "own.steam,heat,90,kgCO2,GJ,CO2,2,CN,,,,scope2_heat,Steam,蒸汽,VERIFIED\n"
    (mistake,) = mistakes_of(own_set(tmp_path, factors=HEADER + row))
    assert "own.steam" in mistake.reason
    assert "cn.heat.default" in mistake.reason


def test_a_row_that_cannot_be_read_names_its_line_and_value(tmp_path: Path) -> None:
    row = "own.steam,heat,much,kgCO2,GJ,CO2,2,XX,,,,scope2_heat,Steam,蒸汽,VERIFIED\n"
    (mistake,) = mistakes_of(own_set(tmp_path, factors=HEADER + row))
    assert mistake.file.endswith("own/factors.csv")
    assert "line 2" in mistake.reason
    assert "'much'" in mistake.reason


def test_a_fuel_factor_must_be_what_its_parameters_give(tmp_path: Path) -> None:
    factor = "cn.fuelX.tar,tar,3.0,tCO2,t,CO2,1,XX,,,,combustion,Tar,焦油,VERIFIED\n"
    fuel = "cnX.tar,Tar,焦油,33.453,GJ/t,.02200,tC/GJ,0.98,,,a report,VERIFIED\n"
    (mistake,) = mistakes_of(own_set(tmp_path, factors=HEADER + factor, fuels=FUELS + fuel))
    assert (mistake.file, mistake.key) == ("fuels.csv", "cnX.tar")
    assert "2644.57" in mistake.reason


def test_a_gas_stated_as_co2e_must_use_the_potential_of_its_report(tmp_path: Path) -> None:
    header = HEADER.replace("verified\n", "verified,gwp_set,gwp\n")
    row = "own.ch4,tar,3,kgCO2e,t,CH4,1,XX,,,,combustion,Tar,焦油,VERIFIED,ar5,27.9\n"
    (mistake,) = mistakes_of(own_set(tmp_path, factors=header + row))
    assert (mistake.key, mistake.reason) == ("own.ch4", "gwp 27.9 is not what ar5 lists for CH4: 28.0")


def test_hourly_factors_are_read_and_a_bad_hour_is_named(tmp_path: Path) -> None:
    hours = "region,start,value\nXX,2026-05-01T00:00:00+08:00,0.4\n"
    config = own_set(tmp_path, hourly=hours)
    assert [(each.region, each.kg.tolist()) for each in load_library(config, []).series] == [("XX", [0.4])]
    (config / "factors" / "own" / "hourly.csv").write_text(hours + "XX,noon,0.4\n", encoding="utf-8")
    (mistake,) = mistakes_of(config)
    assert "line 3: Invalid isoformat string: 'noon'" in mistake.reason


def test_the_same_template_in_both_folders_is_a_mistake(tmp_path: Path) -> None:
    devices = tmp_path / "devices"
    devices.mkdir()
    copy = (library_folder() / "devices" / "eastron-sdm630.yaml").read_text(encoding="utf-8")
    (devices / "mine.yaml").write_text(copy, encoding="utf-8")
    (mistake,) = mistakes_of(tmp_path)
    assert mistake.key == "code"
    assert "eastron-sdm630" in mistake.reason


def test_the_library_folder_named_as_configuration_is_read_once() -> None:
    assert mistakes_of(library_folder()) == []
