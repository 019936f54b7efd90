"""What the throttle remembers is bounded, and nobody flushes a patient's count without links of others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextvisit.web.throttle import Throttle
from tests.world.web import Web, client, deps_of

MINUTE = timedelta(minutes=1)


def test_a_key_that_was_never_counted_is_not_remembered() -> None:
    throttle = Throttle(lambda: 0.0, limit=1, window=MINUTE, capacity=2)
    assert throttle.allows("ours")
    assert not any(throttle.is_spent(f"guess {number}") for number in range(100))
    assert throttle.is_spent("ours")


def test_a_count_lasts_its_window_unless_capacity_others_were_counted() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0], limit=1, window=MINUTE, capacity=3)
    assert [throttle.allows(each) for each in ("ours", "a", "b", "ours")] == [True, True, True, False]
    assert throttle.is_spent("ours")
    assert throttle.allows("c")
    assert throttle.allows("d")
    assert throttle.is_spent("ours"), "two others came since its last use"
    assert throttle.allows("e")
    assert not throttle.is_spent("ours"), "three did"
    now[0] = 61.0
    assert throttle.allows("c")


@pytest.mark.anyio
async def test_guesses_push_no_count_out(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nextvisit.web.throttle.Throttle.__init__.__kwdefaults__", {"capacity": 5})
    token = await web.clinic.a_token(web.message, "page")
    async with client(deps_of(web.clinic)) as http:  # made after the capacity was lowered
        for _ in range(10):
            await http.post(f"/v/{token}", data={"answer": "nothing"})
        for number in range(20):
            guess = await http.post(f"/v/{'A' * 20}{number:02}", data={"answer": "stop"})
            assert guess.status_code == 410
        assert (await http.post(f"/v/{token}", data={"answer": "nothing"})).status_code == 429
