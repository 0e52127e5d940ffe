"""The stacks of a report, each under its own title.

The texts are made by the formats of the kernel's files that each of them names; what a guest can be
made to print is in tests/data/logs.
"""

from rkmbuild.klog.report import Report
from rkmbuild.klog.reports import collected


def report(text: str) -> Report:
    """Read the only report of a text."""
    (only,) = collected(iter(text.splitlines()))
    return only


def stacks(of: Report) -> list[tuple[str, list[str]]]:
    """The titles and the functions of the stacks, that at which it happened first."""
    every = [of.stack, *of.others]
    return [(stack.title, [frame.symbol for frame in stack.frames]) for stack in every]


def test_who_allocated_and_who_freed_is_told_apart() -> None:
    # mm/kasan/report.c and report_generic.c; CONFIG_KASAN_EXTRA_INFO from 6.9 on
    for where in ("", " on cpu 0 at 12.345678s"):
        found = report(f"""\
==================================================================
BUG: KASAN: slab-use-after-free in late+0x8/0x10 [m]
Read of size 8 at addr ffff888003ae6000 by task insmod/136

CPU: 0 UID: 0 PID: 136 Comm: insmod Tainted: G           OE      6.12.117 #1
Call Trace:
 <TASK>
 dump_stack_lvl+0x5d/0x80
 late+0x8/0x10 [m]
 </TASK>

Allocated by task 136{where}:
 kasan_save_stack+0x24/0x50
 make+0x51/0xff0 [m]

Freed by task 136{where}:
 kasan_save_stack+0x24/0x50
 drop+0x51/0xff0 [m]

Last potentially related work creation:
 queue_work_on+0x24/0x50
 later+0x51/0xff0 [m]

The buggy address belongs to the object at ffff888003ae6000
 which belongs to the cache kmalloc-8 of size 8
The buggy address belongs to the variable:
 table+0x0/0x40 [m]

Memory state around the buggy address:
 ffff888003ae5f00: fc fc fc fc fc fc fc fc fc fc fc fc fc fc fc fc
>ffff888003ae6000: fa fc fc fc fa fc fc fc fa fc fc fc fa fc fc fc
                   ^
==================================================================
""")
        assert stacks(found) == [
            ("", ["dump_stack_lvl", "late"]),
            (f"Allocated by task 136{where}", ["kasan_save_stack", "make"]),
            (f"Freed by task 136{where}", ["kasan_save_stack", "drop"]),
            ("Last potentially related work creation", ["queue_work_on", "later"]),
        ]


def test_what_was_never_written_has_its_history() -> None:
    # mm/kmsan/report.c
    found = report("""\
=====================================================
BUG: KMSAN: uninit-value in use+0x2f/0x40 [m]
 use+0x2f/0x40 [m]
 do_one_initcall+0x5b/0x320

Uninit was stored to memory at:
 copy+0x24/0x50 [m]

Local variable x.i created at:
 make+0x51/0xff0 [m]
 do_one_initcall+0x5b/0x320

Bytes 0-3 of 4 are uninitialized
CPU: 0 PID: 136 Comm: insmod Tainted: G           OE      6.1.0 #1
=====================================================
""")
    assert stacks(found) == [
        ("", ["use", "do_one_initcall"]),
        ("Uninit was stored to memory at", ["copy"]),
        ("Local variable x.i created at", ["make", "do_one_initcall"]),
    ]


def test_both_sides_of_a_race_are_told() -> None:
    # kernel/kcsan/report.c
    found = report("""\
==================================================================
BUG: KCSAN: data-race in first / second

write (marked) to 0xffff888003ae6000 of 8 bytes by task 7 on cpu 1:
 first+0x24/0x50 [m]
 kthread+0x10/0x20

read to 0xffff888003ae6000 of 8 bytes by interrupt on cpu 0:
 second+0x24/0x50 [m]

value changed: 0x0000000000000001 -> 0x0000000000000002

Reported by Kernel Concurrency Sanitizer on:
CPU: 0 PID: 136 Comm: insmod Tainted: G           OE      6.1.0 #1
==================================================================
""")
    assert stacks(found) == [
        (
            "write (marked) to 0xffff888003ae6000 of 8 bytes by task 7 on cpu 1",
            ["first", "kthread"],
        ),
        ("read to 0xffff888003ae6000 of 8 bytes by interrupt on cpu 0", ["second"]),
    ]


def test_locks_taken_in_two_orders_come_with_both() -> None:
    # kernel/locking/lockdep.c: print_circular_bug
    found = report("""\
======================================================
WARNING: possible circular locking dependency detected
6.12.117 #1 Tainted: G           OE
------------------------------------------------------
insmod/136 is trying to acquire lock:
ffffffffc0602010 (&a){+.+.}-{3:3}, at: second+0x10/0x30 [m]

but task is already holding lock:
ffffffffc0602050 (&b){+.+.}-{3:3}, at: second+0x8/0x30 [m]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (&b){+.+.}-{3:3}:
       __mutex_lock+0x24/0x50
       first+0x51/0xff0 [m]

-> #0 (&a){+.+.}-{3:3}:
       __lock_acquire+0x24/0x50
       second+0x51/0xff0 [m]

other info that might help us debug this:

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(&b);
                               lock(&a);

 *** DEADLOCK ***

1 lock held by insmod/136:
 #0: ffffffffc0602050 (&b){+.+.}-{3:3}, at: second+0x8/0x30 [m]

stack backtrace:
CPU: 0 UID: 0 PID: 136 Comm: insmod Tainted: G           OE      6.12.117 #1
Call Trace:
 <TASK>
 dump_stack_lvl+0x5d/0x80
 second+0x10/0x30 [m]
 </TASK>
m: goes on
""")
    assert stacks(found) == [
        ("", ["dump_stack_lvl", "second"]),
        ("-> #1 (&b){+.+.}-{3:3}", ["__mutex_lock", "first"]),
        ("-> #0 (&a){+.+.}-{3:3}", ["__lock_acquire", "second"]),
    ]


def test_who_holds_what_a_hung_task_waits_for_is_told() -> None:
    # kernel/hung_task.c: debug_show_blocker, from 6.15 on
    found = report("""\
INFO: task insmod:136 blocked for more than 10 seconds.
      Tainted: G           OE       7.3.4 #1
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:insmod          state:D stack:0     pid:136   tgid:136   ppid:1      task_flags:0x400100
Call Trace:
 <TASK>
 schedule+0x27/0xc0
 wait+0x10/0x30 [m]
 </TASK>
INFO: task insmod:136 is blocked on a mutex likely owned by task holder:130.
task:holder          state:S stack:0     pid:130   tgid:130   ppid:2      task_flags:0x208040
Call Trace:
 <TASK>
 schedule+0x27/0xc0
 hold+0x10/0x30 [m]
 </TASK>
""")
    assert stacks(found) == [
        ("", ["schedule", "wait"]),
        (
            "INFO: task insmod:136 is blocked on a mutex likely owned by task holder:130.",
            ["schedule", "hold"],
        ),
    ]


def test_a_stall_that_another_processor_saw_has_the_stack_of_the_stalled_one() -> None:
    # kernel/rcu/tree_stall.h: print_other_cpu_stall; lib/nmi_backtrace.c
    found = report("""\
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: \t1-...0: (5 ticks this GP) idle=b3b4/1/0x4000000000000000 softirq=95/95 fqs=2500
rcu: \t(detected by 0, t=5252 jiffies, g=-1043, q=20 ncpus=2)
Sending NMI from CPU 0 to CPUs 1:
NMI backtrace for cpu 1
CPU: 1 PID: 136 Comm: insmod Tainted: G           OE      6.1.0 #1
RIP: 0010:spin+0x8/0x10 [m]
Code: 00 00
RSP: 0018:ff7c1e7a0062fa40 EFLAGS: 00000296
Call Trace:
 <TASK>
 start+0x51/0xff0 [m]
 </TASK>
rcu: rcu_preempt kthread starved for 5252 jiffies! g-1043 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0
rcu: \tUnless rcu_preempt kthread gets sufficient CPU time, OOM is now expected behavior.
rcu: RCU grace-period kthread stack dump:
task:rcu_preempt     state:R stack:0     pid:14    ppid:2      flags:0x00004000
Call Trace:
 <TASK>
 rcu_gp_fqs_loop+0x10/0x30
 </TASK>
""")
    (first, second) = stacks(found)
    assert first == ("NMI backtrace for cpu 1", ["spin", "start"])
    assert second[0].startswith("task:rcu_preempt state:R")
    assert second[1] == ["rcu_gp_fqs_loop"]


def test_who_keeps_a_device_of_the_network_is_told() -> None:
    # net/core/dev.c; lib/ref_tracker.c, worded anew in 6.4
    for title in ("leaked reference.", "ref_tracker: lo@ff110000 has 1/1 users at"):
        found = report(f"""\
unregister_netdevice: waiting for lo to become free. Usage count = 2
{title}
 keep+0x8/0x10 [m]
 start+0x8/0x10 [m]

""")
        assert stacks(found) == [(title, ["keep", "start"])]


def test_where_preemption_was_disabled_is_told() -> None:
    # kernel/sched/core.c: __might_resched; include/linux/kallsyms.h: print_ip_sym
    found = report("""\
BUG: sleeping function called from invalid context at kernel/locking/mutex.c:285
in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 136, name: insmod
Preemption disabled at:
[<ffffffffc0602010>] lock+0x8/0x10 [m]
CPU: 0 PID: 136 Comm: insmod Tainted: G           OE      6.1.0 #1
Call Trace:
 <TASK>
 sleep+0x8/0x10 [m]
 </TASK>
""")
    assert stacks(found) == [("", ["sleep"]), ("Preemption disabled at", ["lock"])]


def test_a_lost_end_of_a_report_does_not_take_the_next_one() -> None:
    text = (
        "BUG: KASAN: double-free in f+0x1/0x2 [m]\nCall Trace:\n <TASK>\n f+0x1/0x2 [m]\n </TASK>\n"
    )
    (first, second) = collected(iter((text + "m: goes on\n" * 3 + text).splitlines()))
    assert [len(first.frames), len(second.frames)] == [1, 1]
