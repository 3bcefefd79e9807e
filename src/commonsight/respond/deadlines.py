"""Cases that take too long are escalated: said in the history, told to whom the kind's data names."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from prometheus_client import Counter

from commonsight.records.database import WriteSession
from commonsight.respond import store, told
from commonsight.respond.kinds import kind_of
from commonsight.respond.opening import next_escalation
from commonsight.respond.store import PLATFORM

BATCH: Final = 200
"""Cases escalated in one transaction."""

ESCALATED = Counter("commonsight_cases_escalated", "Escalations of cases", ["kind", "level"])


async def escalate(session: WriteSession, now: datetime) -> int:
    """Escalate the cases that are late; returns how many. Those another process works on are left to it."""
    late = await store.late(session, now, BATCH)
    for case in late:
        kind = kind_of(case.kind)
        level = case.level + 1
        following = next_escalation(case, kind, level, taken=case.assignee is not None)
        # A platform that was down tells of each case once, not of every level it missed at the same moment.
        while following is not None and following <= now:
            level += 1
            following = next_escalation(case, kind, level, taken=case.assignee is not None)
        await store.update(session, case.id, {"level": level, "escalate_at": following}, edited=False)
        tell = sorted({who for step in kind.escalate[case.level : level] for who in step.tell})
        detail = {"level": level, "tell": tell}
        await store.add_step(session, case.id, "escalated", case.state, case.state, PLATFORM, now, "", detail)
        await told.happened(session, told.ESCALATED, replace(case, level=level), level=level, tell=tell)
        ESCALATED.labels(kind.code, str(level)).inc()
    return len(late)
