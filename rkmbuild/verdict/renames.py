"""Exported symbols that a release renamed, replaced or took away."""

from typing import NamedTuple

from rkmbuild.verdict.target import Target


class Renamed(NamedTuple):
    """What became of an exported symbol.

    Attributes:
        old: Its name up to the release before.
        new: What does its work from then on; empty where it only went away.
        release: The first release without the old name.
    """

    old: str
    new: str
    release: tuple[int, int]


# The names are those of Module.symvers, which the linker sees; C code mostly goes through macros
# that know the new ones. 6.10 is the memory allocation profiling series ("alloc_hooks"), whose
# functions all got the suffix _noprof (include/linux/slab.h, gfp.h, vmalloc.h, mempool.h).
_TABLE = (
    Renamed("printk", "_printk", (5, 15)),
    Renamed("kallsyms_lookup_name", "", (5, 7)),
    Renamed("complete_and_exit", "kthread_complete_and_exit", (5, 17)),
    Renamed("do_exit", "kthread_exit", (5, 17)),
    Renamed("prandom_u32", "get_random_u32", (6, 1)),
    Renamed("del_timer", "timer_delete", (6, 2)),
    Renamed("del_timer_sync", "timer_delete_sync", (6, 2)),
    Renamed("kmem_cache_alloc_trace", "kmalloc_trace", (6, 1)),
    Renamed("__class_create", "class_create", (6, 4)),
    Renamed("generic_file_splice_read", "filemap_splice_read", (6, 5)),
    Renamed("register_sysctl_table", "register_sysctl_sz", (6, 6)),
    Renamed("register_shrinker", "shrinker_register", (6, 7)),
    Renamed("unregister_shrinker", "shrinker_free", (6, 7)),
    Renamed("strlcpy", "sized_strscpy", (6, 8)),
    Renamed("strscpy", "sized_strscpy", (6, 9)),
    Renamed("blkdev_get_by_path", "bdev_file_open_by_path", (6, 9)),
    Renamed("fortify_panic", "__fortify_panic", (6, 10)),
    Renamed("user_path_at_empty", "user_path_at", (6, 11)),
    Renamed("kmem_cache_create", "__kmem_cache_create_args", (6, 12)),
    Renamed("kmem_cache_create_usercopy", "__kmem_cache_create_args", (6, 12)),
    Renamed("current_task", "pcpu_hot", (6, 2)),
    Renamed("cpu_number", "pcpu_hot", (6, 2)),
    Renamed("__preempt_count", "pcpu_hot", (6, 2)),
    Renamed("__list_add_valid", "__list_add_valid_or_report", (6, 6)),
    Renamed("__list_del_entry_valid", "__list_del_entry_valid_or_report", (6, 6)),
    Renamed("mempool_init", "mempool_init_noprof", (6, 10)),
    Renamed("krealloc", "krealloc_noprof", (6, 10)),
    Renamed("kvrealloc", "kvrealloc_noprof", (6, 10)),
    Renamed("__kmalloc", "__kmalloc_noprof", (6, 10)),
    Renamed("__kmalloc_node", "__kmalloc_node_noprof", (6, 10)),
    Renamed("__kmalloc_node_track_caller", "__kmalloc_node_track_caller_noprof", (6, 10)),
    Renamed("kmalloc_trace", "__kmalloc_cache_noprof", (6, 10)),
    Renamed("kmalloc_node_trace", "__kmalloc_cache_node_noprof", (6, 10)),
    Renamed("kmalloc_large", "__kmalloc_large_noprof", (6, 10)),
    Renamed("kmem_cache_alloc", "kmem_cache_alloc_noprof", (6, 10)),
    Renamed("kmem_cache_alloc_lru", "kmem_cache_alloc_lru_noprof", (6, 10)),
    Renamed("kmem_cache_alloc_node", "kmem_cache_alloc_node_noprof", (6, 10)),
    Renamed("kmemdup", "kmemdup_noprof", (6, 10)),
    Renamed("vmalloc", "vmalloc_noprof", (6, 10)),
    Renamed("vzalloc", "vzalloc_noprof", (6, 10)),
    Renamed("vmalloc_user", "vmalloc_user_noprof", (6, 10)),
    Renamed("__vmalloc", "__vmalloc_noprof", (6, 10)),
    Renamed("kvmalloc_node", "__kvmalloc_node_noprof", (6, 10)),
    Renamed("__get_free_pages", "get_free_pages_noprof", (6, 10)),
    Renamed("get_zeroed_page", "get_zeroed_page_noprof", (6, 10)),
    Renamed("alloc_pages", "alloc_pages_noprof", (6, 10)),
    Renamed("__alloc_pages", "__alloc_pages_noprof", (6, 10)),
    Renamed("alloc_pages_exact", "alloc_pages_exact_noprof", (6, 10)),
    Renamed("folio_alloc", "folio_alloc_noprof", (6, 10)),
    Renamed("__folio_alloc", "__folio_alloc_noprof", (6, 10)),
    Renamed("__alloc_percpu", "pcpu_alloc_noprof", (6, 10)),
    Renamed("mempool_alloc", "mempool_alloc_noprof", (6, 10)),
    Renamed("mempool_create", "mempool_create_node_noprof", (6, 10)),
    Renamed("mempool_create_node", "mempool_create_node_noprof", (6, 10)),
    Renamed("pcpu_hot", "current_task", (6, 15)),
    Renamed("const_pcpu_hot", "const_current_task", (6, 15)),
    Renamed("hrtimer_init", "hrtimer_setup", (6, 15)),
    Renamed("init_timer_key", "timer_init_key", (6, 16)),
    Renamed("alloc_workqueue", "alloc_workqueue_noprof", (6, 16)),
    Renamed("krealloc_noprof", "krealloc_node_align_noprof", (6, 18)),
    Renamed("kvrealloc_noprof", "kvrealloc_node_align_noprof", (6, 18)),
)

# A replacement of several is the first one's.
_BY_OLD = {row.old: row for row in _TABLE}
_BY_NEW = {row.new: row for row in reversed(_TABLE) if row.new}


def find(name: str) -> Renamed | None:
    """Return the row that has `name` as its old or its new name; the old one first."""
    return _BY_OLD.get(name) or _BY_NEW.get(name)


def table() -> tuple[Renamed, ...]:
    """Return all rows."""
    return _TABLE


def way_out(name: str, target: Target) -> str:
    """Return a sentence about a name that this kernel does not export; empty where unknown.

    Said only where this kernel's own list of exports bears it out.
    """
    row = find(name)
    if not row:
        return ""
    release = f"{row.release[0]}.{row.release[1]}"
    if name == row.new and row.old in target.exports:
        return (
            f"before {release} it was `{row.old}`: build for this kernel, or call it from a C "
            "helper, which kbuild compiles with this kernel's headers"
        )
    if name == row.old and row.new in target.exports:
        return (
            f"renamed in {release} to `{row.new}`: build for this kernel, or call it from a C "
            "helper, which kbuild compiles with this kernel's headers"
        )
    if name == row.old and not row.new and target.since(*row.release):
        return f"no longer exported since {release}"
    return ""
