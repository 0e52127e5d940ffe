"""Since which release of Linux there is a function, macro, constant, type or field, where we know.

These are names that modules meet and that came after 6.1, the oldest kernel that is built for. The
release is that of Linux itself; whether a distribution brought the name back into an older kernel
is asked of that kernel.
"""

from types import MappingProxyType

CAME = {
    "6.2": "ftrace_regs_get_argument ftrace_regs_get_return_value get_random_u32_above "
    "get_random_u32_below get_random_u32_inclusive mnt_idmap nop_mnt_idmap timer_delete "
    "timer_delete_sync timer_shutdown timer_shutdown_sync",
    "6.3": "filemap_splice_read iov_iter_extract_pages vm_flags_clear vm_flags_init vm_flags_mod "
    "vm_flags_reset vm_flags_set",
    "6.4": "bus_get_dev_root lock_vma_under_rcu vma_start_write",
    "6.5": "BLK_OPEN_READ BLK_OPEN_WRITE DEFINE_CLASS DEFINE_FREE DEFINE_GUARD DEFINE_LOCK_GUARD_0 "
    "DEFINE_LOCK_GUARD_1 __free blk_mode_t copy_splice_read file_operations.splice_eof guard "
    "no_free_ptr return_ptr scoped_guard",
    "6.6": "__percpu_counter_init_many inode_get_ctime inode_set_ctime inode_set_ctime_current "
    "inode_set_ctime_to_ts register_sysctl_sz",
    "6.7": "folio_end_read inode_get_atime inode_get_ctime_sec inode_get_mtime inode_set_atime "
    "inode_set_atime_to_ts inode_set_mtime_to_ts memdup_array_user shrinker_alloc shrinker_free "
    "shrinker_register simple_inode_init_ts vmemdup_array_user",
    "6.8": "anon_inode_create_getfile splice_file_range",
    "6.9": "WQ_BH bdev_file_open_by_dev bdev_file_open_by_path file_bdev "
    "queue_limits_commit_update queue_limits_start_update system_bh_highpri_wq system_bh_wq",
    "6.10": "alloc_netdev_dummy alloc_pages_noprof disable_delayed_work_sync disable_work "
    "disable_work_sync enable_work file_operations.fop_flags kmalloc_noprof krealloc_noprof "
    "mm_get_unmapped_area",
    "6.11": "kmem_buckets_alloc kmem_buckets_create",
    "6.12": "FOP_UNSIGNED_OFFSET fd_empty fd_file kmem_cache_args",
    "6.13": "file.f_ref file_ref_get file_ref_t hrtimer_setup hrtimer_setup_on_stack "
    "hrtimer_setup_sleeper_on_stack",
    "6.16": "file_operations.mmap_prepare lookup_noperm lookup_noperm_unlocked timer_container_of "
    "timer_init_key vm_area_desc",
    "6.17": "WQ_PERCPU system_dfl_wq system_percpu_wq",
    "6.19": "inode_state_read inode_state_read_once inode_state_set",
    "7.0": "kmalloc_flex kmalloc_obj kmalloc_objs kvmalloc_obj kzalloc_flex kzalloc_obj "
    "kzalloc_objs",
}

SINCE = MappingProxyType(
    {name: release for release, names in CAME.items() for name in names.split()}
)
"""The release by the name, fields as `file.f_ref`."""
