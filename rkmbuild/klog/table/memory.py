"""Reports of memory: what corrupted it, and what was left of it."""

from rkmbuild.klog.kinds import TroubleKind, Verdict, row

_BUG = TroubleKind.BUG
_WARNING = TroubleKind.WARNING
_CLOSED = r"={40,}$"
# mm/page_owner.c, __dump_page_owner
_PAGE_OWNER = r"page last (?:allocated via|free) .*"

ROWS = (
    row(
        "kasan", _BUG, r"(BUG: KASAN: .*)",
        "mm/kasan/report.c: print_error_description, print_track; "
        "mm/kasan/report_generic.c: kasan_print_aux_stacks",
        stacks=r"(?:Allocated|Freed) by task \d+.*:"
        rf"|(?:Last|Second to last) potentially related work creation:|{_PAGE_OWNER}",
        end=_CLOSED,
    ),
    row(
        "kasan-address", TroubleKind.OOPS, r"(KASAN: \S+(?: \S+)? in range \[.*)",
        "mm/kasan/report.c: kasan_non_canonical_hook", inside=True, leads=True,
    ),
    row(
        "kfence", _BUG, r"(BUG: KFENCE: .*)",
        "mm/kfence/report.c: kfence_report_error, kfence_print_stack",
        main=r"(?:Out-of-bounds|Use-after-free|Invalid) .*:|Corrupted memory at .*:",
        stacks=r"(?:allocated|freed|rcu freeing) by task \d+.*:",
        end=_CLOSED,
    ),
    row(
        "kmsan", _BUG, r"(BUG: KMSAN: .*)",
        "mm/kmsan/report.c: kmsan_report, kmsan_print_origin",
        stacks=r"Uninit was (?:stored to memory|created) at:|Local variable .* created at:",
        end=_CLOSED,
    ),
    row(
        "kcsan", _BUG, r"(BUG: KCSAN: .*)", "kernel/kcsan/report.c: print_report",
        stacks=r"(?:race at unknown origin, with )?"
        r"(?:read|write|read-write)[\w() -]* to 0x\w+ of \d+ bytes by .*:",
        end=_CLOSED,
    ),
    # From 6.13 on, and 6.12.y, what was overwritten stands in a line of its own before the rest.
    row(
        "slub", _BUG, r"(BUG .+ \((?:Not tainted|Tainted).*?\): .*)|\[(.{1,40} overwritten)\] 0x",
        "mm/slub.c: slab_bug, print_track, check_bytes_and_report; object_err from 6.12.y on warns",
        stacks=r"(?:Allocated|Freed) in .* age=\d+ .*", leads=True,
    ),
    row(
        "page-poison", _BUG, r"pagealloc: (memory corruption|single bit error)",
        "mm/page_poison.c: check_poison_mem",
    ),
    row(
        "bad-page", _BUG, r"(BUG: Bad page (?:state|cache|map) in process .*)",
        "mm/page_alloc.c: bad_page; mm/filemap.c; mm/memory.c: print_bad_pte", stacks=_PAGE_OWNER,
    ),
    row(
        "suppressed", TroubleKind.NOTE, r"(BUG: Bad page (?:state|map): \d+ messages suppressed)",
        "mm/page_alloc.c: bad_page; mm/memory.c", inside=True, alone=True,
    ),
    row(
        "list", _BUG, r"(list_(?:add|del) (?:corruption|double add)\b.*)",
        "lib/list_debug.c; include/linux/bug.h: CHECK_DATA_CORRUPTION", leads=True,
    ),
    row(
        "fortify", _BUG,
        r"(detected buffer overflow in \S+|\w+: detected buffer overflow: .*)",
        "lib/string_helpers.c: fortify_panic in 6.1, __fortify_report later", leads=True,
    ),
    row(
        "usercopy", _BUG,
        r"(?:usercopy: )?(Kernel memory (?:exposure|overwrite) attempt detected .*)",
        "mm/usercopy.c: usercopy_abort", leads=True,
    ),
    row(
        "stack-protector", TroubleKind.PANIC,
        r"Kernel panic - not syncing: (stack-protector: .*)", "kernel/panic.c: __stack_chk_fail",
    ),
    row(
        "stack-end", TroubleKind.PANIC,
        r"Kernel panic - not syncing: (corrupted stack end detected .*)",
        "kernel/sched/core.c: schedule_debug",
    ),
    row(
        "page-allocation", _WARNING,
        r"(.{1,16}: (?:page allocation (?:failure: order|stall for )|vmalloc error: ).*)",
        "mm/page_alloc.c: warn_alloc; mm/vmalloc.c; stalls in 7.3 alone",
    ),
    row("oom", _WARNING, r"(.{1,16} invoked oom-killer: .*)", "mm/oom_kill.c: dump_header"),
    row(
        "percpu", _WARNING, r"percpu: (allocation failed, size=.*)", "mm/percpu.c: pcpu_alloc",
    ),
    row(
        "kmemleak", _WARNING, r"kmemleak: (\d+ new suspected memory leaks .*)",
        "mm/kmemleak.c: kmemleak_scan", alone=True,
    ),
    row(
        "dma", _WARNING, r"(DMA-API: .*)", "kernel/dma/debug.c: err_printk", leads=True,
    ),
    row(
        "refcount", _BUG, r"(refcount_t: .*use-after-free.*)",
        "lib/refcount.c: refcount_warn_saturate", verdict=Verdict.FAILS, leads=True,
    ),
)  # fmt: skip
