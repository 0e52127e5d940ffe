"""Reports of locks, and of code in a context where it must not be."""

from rkmbuild.klog.kinds import TroubleKind, Verdict, row

_BUG = TroubleKind.BUG
_WARNING = TroubleKind.WARNING
_LOCKDEP = "kernel/locking/lockdep.c"
# Where lockdep saw a lock before: print_circular_bug_entry, print_lock_class_header,
# print_shortest_lock_dependencies, print_usage_bug, print_bad_irq_dependency.
_SEEN = (
    r"-> #\d+ \(.*:| *\.\.\. acquired at:|\.\.\. which became .* at:"
    r"|\{.*\} state was registered at:| *[A-Z][A-Z -]+ at:"
)

ROWS = (
    row(
        "lock-circular", _WARNING, r"(WARNING: possible circular locking dependency detected)",
        f"{_LOCKDEP}: print_circular_bug_header", stacks=_SEEN,
    ),
    row(
        "lock-recursive", _WARNING, r"(WARNING: possible recursive locking detected)",
        f"{_LOCKDEP}: print_deadlock_bug", stacks=_SEEN,
    ),
    row(
        "lock-state", _WARNING, r"(WARNING: inconsistent lock state)",
        f"{_LOCKDEP}: print_usage_bug", stacks=_SEEN,
    ),
    row(
        "lock-irq-inversion", _WARNING,
        r"(WARNING: possible irq lock inversion dependency detected)",
        f"{_LOCKDEP}: print_irq_inversion_bug", stacks=_SEEN,
    ),
    row(
        "lock-irq-order", _WARNING, r"(WARNING: \S+-safe -> \S+-unsafe lock order detected)",
        f"{_LOCKDEP}: print_bad_irq_dependency", stacks=_SEEN,
    ),
    row(
        "lock-wait-context", _BUG, r"\[ (BUG: Invalid wait context) \]",
        f"{_LOCKDEP}: print_lock_invalid_wait_context",
    ),
    row(
        "lock-not-nested", _WARNING, r"(WARNING: Nested lock was not taken)",
        f"{_LOCKDEP}: print_lock_nested_lock_not_held",
    ),
    row(
        "lock-unlock", _WARNING, r"(WARNING: bad unlock balance detected!)",
        f"{_LOCKDEP}: print_unlock_imbalance_bug",
    ),
    row(
        "lock-contention", _WARNING, r"(WARNING: bad contention detected!)",
        f"{_LOCKDEP}: print_lock_contention_bug",
    ),
    # Memory with a lock in it that somebody will still give back.
    row(
        "lock-freed", _WARNING, r"(WARNING: held lock freed!)",
        f"{_LOCKDEP}: print_freed_lock_bug", verdict=Verdict.FAILS,
    ),
    row(
        "lock-held", _WARNING,
        r"(WARNING: (?:.{1,24} still has locks held!|lock held when returning to user space!))",
        f"{_LOCKDEP}: print_held_locks_bug, lockdep_sys_exit",
    ),
    row(
        "rcu-usage", _WARNING, r"(WARNING: suspicious RCU usage)",
        f"{_LOCKDEP}: lockdep_rcu_suspicious",
    ),
    row(
        "lock-collision", _WARNING, r"(WARNING: chain_key collision)",
        f"{_LOCKDEP}: print_collision",
    ),
    row(
        "lock-key", _WARNING,
        r"(INFO: trying to register non-static key\.|BUG: key \w+ has not been registered!)",
        f"{_LOCKDEP}: register_lock_class, lockdep_init_map_type",
    ),
    row(
        "lockdep-limit", TroubleKind.NOTE, r"(BUG: MAX_\w+ too low!)",
        f"{_LOCKDEP}: print_lockdep_off",
    ),
    # A lock whose magic number or owner is wrong was overwritten, or is used after it was freed.
    row(
        "spinlock", _BUG, r"(BUG: (?:spinlock|rwlock) .* on CPU#\d+, .*)",
        "kernel/locking/spinlock_debug.c: spin_dump, rwlock_bug",
    ),
    row(
        "sleeping", _BUG, r"(BUG: sleeping function called from invalid context at .*)",
        "kernel/sched/core.c: __might_resched", stacks=r"Preemption disabled at:",
    ),
    row(
        "scheduling", _BUG, r"(BUG: scheduling (?:while atomic|in a non-blocking section): .*)",
        "kernel/sched/core.c: __schedule_bug, schedule_debug", stacks=r"Preemption disabled at:",
    ),
    row(
        "context", _BUG, r"(BUG: assuming (?:atomic|non migratable) context at .*)",
        "kernel/sched/core.c: __cant_sleep, __cant_migrate",
    ),
    row(
        "preemptible", _BUG, r"(BUG: using .* in preemptible \[\w+\] code: .*)",
        "lib/smp_processor_id.c: check_preemption_disabled",
    ),
    row(
        "softirq", _WARNING, r"(?:softirq: )?(huh, entered softirq \d+ .*)",
        "kernel/softirq.c: handle_softirqs",
    ),
    row(
        "workqueue-leaked", _BUG,
        r"(BUG: workqueue leaked (?:lock or atomic|atomic, lock or RCU): .*)",
        "kernel/workqueue.c: process_one_work",
    ),
)  # fmt: skip
