"""Long work, without Qt: a job is a generator of Progress, a runner gives it a thread."""

from vosdesk.jobs.job import (
    CancelSource,
    CancelToken,
    Job,
    JobCancelled,
    Progress,
    once,
    run_to_end,
)
from vosdesk.jobs.runner import (
    JobEvent,
    JobHandle,
    JobState,
    ThreadRunner,
)

__all__ = [
    "CancelSource",
    "CancelToken",
    "Job",
    "JobCancelled",
    "JobEvent",
    "JobHandle",
    "JobState",
    "Progress",
    "ThreadRunner",
    "once",
    "run_to_end",
]
