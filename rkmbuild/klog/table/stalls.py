"""Reports of what does not come on: processors, tasks, grace periods, devices."""

from rkmbuild.klog.kinds import TroubleKind, row

_STALL = TroubleKind.STALL
# lib/nmi_backtrace.c; kernel/sched/core.c, sched_show_task; kernel/rcu/tree_stall.h,
# rcu_check_gp_kthread_starvation
_OTHERS = r"Sending NMI from CPU \d+ to CPUs .*:|NMI backtrace for cpu \d+.*"
_TASK = r"task:\S+ +state:.*"
_GRACE = (
    rf"{_OTHERS}|{_TASK}|(?:rcu: )?RCU grace-period kthread stack dump:"
    r"|(?:rcu: )?Stack dump where RCU GP kthread last ran:|rcu: .*"
)

ROWS = (
    row(
        "soft-lockup", _STALL, r"(?:(?:NMI )?watchdog: )?(BUG: soft lockup .*)",
        "kernel/watchdog.c: watchdog_timer_fn", stacks=_OTHERS,
    ),
    row(
        "hard-lockup", _STALL,
        r"(?:(?:NMI )?watchdog: )?(?:CPU\d+: )?(Watchdog detected hard LOCKUP .*)",
        "6.1 kernel/watchdog_hld.c; 6.12 kernel/watchdog.c: watchdog_hardlockup_check; "
        "with the processor that saw it from 6.13 on",
        stacks=_OTHERS,
    ),
    row(
        "hung-task", _STALL, r"(INFO: task .* blocked(?: in I/O wait)? for more than .*)",
        "kernel/hung_task.c: check_hung_task, hung_task_info; I/O from 6.17 on",
        stacks=r"INFO: task .* blocked on an? .*",
    ),
    # debug_show_blocker: who holds what a hung task waits for.
    row(
        "blocker", TroubleKind.NOTE, r"(INFO: task .* blocked on an? .*)",
        "kernel/hung_task.c: debug_show_blocker, from 6.15 on", inside=True,
    ),
    row(
        "writeback", TroubleKind.WARNING, r"(INFO: The task .* has been waiting for writeback\b.*)",
        "fs/fs-writeback.c, from 7.0 on",
    ),
    row(
        "rcu-stall", _STALL,
        r"(?:rcu: )?(INFO: \S+ (?:self-detected stall|detected (?:expedited )?stalls?)\b.*)",
        "kernel/rcu/tree_stall.h: print_cpu_stall, print_other_cpu_stall; kernel/rcu/tree_exp.h; "
        "kernel/rcu/tasks.h",
        stacks=_GRACE,
    ),
    row(
        "rcu-kthread", _STALL,
        r"(?:rcu: )?(\S+ kthread (?:starved for|timer wakeup didn't happen for) .*)",
        "kernel/rcu/tree_stall.h: rcu_check_gp_kthread_starvation", stacks=_GRACE, inside=True,
    ),
    row(
        "csd-lock", _STALL, r"(?:smp: )?(csd: \w+ non-responsive CSD lock .*)",
        "kernel/smp.c: csd_lock_wait_toolong", stacks=_OTHERS,
    ),
    row(
        "workqueue-lockup", _STALL, r"(BUG: workqueue lockup - pool.*)",
        "kernel/workqueue.c: wq_watchdog_timer_fn, show_cpu_pool_hog",
        stacks=rf"{_TASK}|Backtrace of last woken worker:|pool \d+:.*|workqueue .*"
        r"|Showing (?:busy workqueues|backtraces) .*|  (?:pwq|in-flight|pending|inactive).*",
    ),
    row(
        "workqueue-hogged", TroubleKind.NOTE, r"workqueue: (\S+ hogged CPU for .*)",
        "kernel/workqueue.c: wq_cpu_intensive_report, from 6.5 on", inside=True, alone=True,
    ),
    row(
        "netdev-reference", _STALL, r"(unregister_netdevice: waiting for .* to become free\..*)",
        "net/core/dev.c: netdev_wait_allrefs_any; lib/ref_tracker.c: ref_tracker_dir_print",
        stacks=r"(?:ref_tracker: )?(?:.* has \d+/\d+ users at|leaked reference\.)",
    ),
    row(
        "netdev-watchdog", TroubleKind.WARNING, r"(.*\bNETDEV WATCHDOG: .*)",
        "net/sched/sch_generic.c: dev_watchdog", leads=True,
    ),
    row(
        "irq", TroubleKind.WARNING, r"(irq \d+: nobody cared .*)",
        "kernel/irq/spurious.c: __report_bad_irq",
    ),
)  # fmt: skip
