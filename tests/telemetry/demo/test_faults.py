import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from telemetry.demo import faults
from telemetry.demo.faults import Faults, Switch
from telemetry.demo.instruments import Instruments

NOW = 1_795_332_600.0


def test_without_a_file_nothing_is_wrong(tmp_path: Path) -> None:
    assert Switch(tmp_path).faults() == Faults()


def test_the_switch_sees_what_another_process_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = Switch(tmp_path)
    assert seen.faults() == Faults()
    assert faults.main(["drop", "A-M07", "--data", str(tmp_path)]) == 0
    assert seen.faults().drop == ("A-M07",)
    assert json.loads(capsys.readouterr().out)["drop"] == ["A-M07"]
    assert faults.main(["clear", "A-M07", "--data", str(tmp_path)]) == 0
    os.utime(seen.path)
    assert seen.faults() == Faults()


def test_a_new_fault_takes_the_place_of_the_old_one() -> None:
    wrong = Faults().with_fault("drop", "A-M07", NOW).with_fault("stuck", "A-M07", NOW)
    assert wrong == Faults(stuck={"A-M07": NOW})


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="'explode' is no fault"):
        Faults().with_fault("explode", "A-M07", NOW)


def test_a_dropped_meter_shows_nothing(instruments: Instruments) -> None:
    assert instruments.now("A-M07", NOW, Faults(drop=("A-M07",))) is None


def test_a_stuck_meter_shows_what_it_showed(instruments: Instruments) -> None:
    stuck = Faults(stuck={"A-M07": NOW - 600})
    assert instruments.now("A-M07", NOW, stuck) == instruments.now("A-M07", NOW - 600, Faults())
    assert instruments.now("A-M07", NOW, stuck) != instruments.now("A-M07", NOW, Faults())


def test_a_jump_is_a_lie_about_power_and_counter_only(instruments: Instruments) -> None:
    true = instruments.now("D-M03", NOW, Faults())
    lie = instruments.now("D-M03", NOW, Faults(jump=("D-M03",)))
    assert true is not None
    assert lie is not None
    assert lie["energy_import"] > true["energy_import"] + 1000
    assert abs(lie["active_power"]) == pytest.approx(6 * abs(true["active_power"]))
    assert lie["voltage_l1"] == true["voltage_l1"]


def test_a_reset_counter_starts_at_zero_and_goes_on(instruments: Instruments) -> None:
    wrong = Faults().with_fault("reset", "C-M01", NOW - 3600).cleared("C-M01")
    before = instruments.now("C-M01", NOW - 3601, wrong)
    at = instruments.now("C-M01", NOW - 3600, wrong)
    after = instruments.now("C-M01", NOW, wrong)
    straight = [instruments.now("C-M01", t, Faults()) for t in (NOW - 3600, NOW)]
    assert before is not None
    assert at is not None
    assert after is not None
    assert straight[0] is not None
    assert straight[1] is not None
    assert before["energy_import"] > 1000
    assert at["energy_import"] == 0
    gained = straight[1]["energy_import"] - straight[0]["energy_import"]
    assert after["energy_import"] == pytest.approx(gained)
    assert after["active_power"] == straight[1]["active_power"]


def test_the_past_knows_of_the_reset(instruments: Instruments) -> None:
    t = np.array([NOW - 7200, NOW - 3600, NOW])
    course = instruments.simulation.course(t)
    energy = instruments.past("C-M01", t, course, Faults(resets={"C-M01": NOW - 3600}))["energy_import"]
    assert energy[0] > 1000
    assert energy[1] == 0
    assert 0 < energy[2] < 100


def test_the_rehearsal_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_SOUND_S", 0.01)
    monkeypatch.setattr(faults, "_FAULTY_S", 0.01)
    switch, said, enough = Switch(tmp_path), list[str](), asyncio.Event()

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 6:
            enough.set()

    async def until_six() -> None:
        task = asyncio.create_task(faults.rehearse(switch, say))
        await enough.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_six())
    assert said[:3] == ["fault: drop A-M07", "fault: stuck B-M03", "fault: jump D-M03"]
    left = switch.faults()
    assert (left.drop, left.stuck, left.jump) == ((), {}, ())
