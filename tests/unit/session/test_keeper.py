"""What the keeper was asked to do is done, however quickly one request follows another."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vosdesk.jobs import once
from vosdesk.project.autosave import Recovery
from vosdesk.session.desk import Desk
from vosdesk.session.keeper import Keeper
from vosdesk.session.runners import Runners

if TYPE_CHECKING:
    from pathlib import Path


def test_copies_discarded_one_after_the_other_are_all_removed(tmp_path: Path) -> None:
    copies = [tmp_path / f"{name}.vosdesk" for name in ("a", "b")]
    for copy in copies:
        copy.write_text("{}", encoding="utf-8")
    go_on = threading.Event()
    failures: list[BaseException] = []
    desk = Desk(Runners.threads(), lambda call: call(), lambda _key, error: failures.append(error))
    keeper = Keeper(desk, lambda _event: None)
    desk.start("disk", "busy", once(lambda: go_on.wait(10)))
    for copy in copies:
        keeper.discard(Recovery(copy, None, datetime.now(tz=UTC)))
    go_on.set()
    desk.close()
    assert not failures
    assert not any(copy.exists() for copy in copies)
