"""A desk hands news on in the right order, and no stale ones."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import pytest

from vosdesk.jobs import Job, Progress, once
from vosdesk.session.desk import Desk
from vosdesk.session.runners import Runners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Post:
    """Calls that wait to be made on the test's thread, as in the window."""

    def __init__(self) -> None:
        self.calls: queue.Queue[Callable[[], None]] = queue.Queue()

    def work_until(self, done: Callable[[], bool]) -> None:
        while not done():
            self.calls.get(timeout=10)()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def failures() -> list[BaseException]:
    return []


@pytest.fixture
def desk(post: Post, failures: list[BaseException]) -> Iterator[Desk]:
    made = Desk(Runners.threads(), post.calls.put, lambda _key, error: failures.append(error))
    yield made
    made.close()


def test_results_arrive_on_the_owners_thread(desk: Desk, post: Post) -> None:
    heard: list[tuple[int, int]] = []
    here = threading.get_ident()
    work = once(threading.get_ident)
    desk.start(
        "disk", "work", work, on_done=lambda there: heard.append((there, threading.get_ident()))
    )
    post.work_until(lambda: bool(heard))
    assert heard[0][0] != here
    assert heard[0][1] == here


def test_progress_arrives_before_the_result(desk: Desk, post: Post) -> None:
    def job() -> Job[str]:
        yield Progress(1, 2)
        yield Progress(2, 2)
        return "end"

    heard: list[object] = []
    desk.start(
        "disk", "work", job(), on_progress=lambda p: heard.append(p.done), on_done=heard.append
    )
    post.work_until(lambda: "end" in heard)
    assert heard == [1, 2, "end"]


def test_only_the_newest_of_a_key_ends(desk: Desk, post: Post) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        go_on.wait(10)
        return "old"

    heard: list[str] = []
    desk.start("disk", "work", once(slow), on_done=heard.append)
    assert begun.wait(10)
    desk.start("disk", "work", once(lambda: "new"), on_done=heard.append)
    go_on.set()
    post.work_until(lambda: "new" in heard)
    assert heard == ["new"]


def test_news_of_a_closed_video_are_dropped(desk: Desk, post: Post) -> None:
    heard: list[str] = []
    finished = threading.Event()

    def work() -> str:
        finished.set()
        return "stale"

    desk.start("disk", "work", once(work), on_done=heard.append)
    assert finished.wait(10)
    desk.cancel_all()
    desk.start("disk", "other", once(lambda: "fresh"), on_done=heard.append)
    post.work_until(lambda: "fresh" in heard)
    assert heard == ["fresh"]


def test_a_failure_is_told_and_ends_the_work(
    desk: Desk, post: Post, failures: list[BaseException]
) -> None:
    ended: list[bool] = []
    desk.start("disk", "work", once(lambda: 1 // 0), on_ended=ended.append)
    post.work_until(lambda: bool(failures))
    assert isinstance(failures[0], ZeroDivisionError)
    assert ended == [True]


def test_without_threads_a_failure_is_raised() -> None:
    desk = Desk(None, lambda call: call(), lambda _key, _error: None)
    with pytest.raises(ZeroDivisionError):
        desk.start("disk", "work", once(lambda: 1 // 0))
