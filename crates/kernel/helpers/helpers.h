/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C functions for what Rust cannot call: macros, inline functions, and functions that some kernel
 * renamed. They are compiled with each module by kbuild; bindgen reads these prototypes.
 */
#ifndef RKMBUILD_HELPERS_H
#define RKMBUILD_HELPERS_H

/*
 * Marks a helper. A module's build compiles those alone that the module asks for, so a file's
 * headers and what its helpers share may be there for any of them: `__maybe_unused`.
 */
#define __rust_helper

#include <linux/hrtimer.h>
#include <linux/refcount.h>
#include <linux/spinlock_types.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/version.h>
#include <linux/workqueue.h>

struct attribute;
struct cdev;
struct class;
struct completion;
struct cred;
struct ctl_table;
struct ctl_table_header;
struct dentry;
struct device;
struct dir_context;
struct file;
struct file_operations;
struct ftrace_ops;
struct ftrace_regs;
struct inode;
struct inode_operations;
struct iov_iter;
struct kobject;
struct kretprobe;
struct kretprobe_instance;
struct kstatfs;
struct lock_class_key;
struct module;
struct mutex;
struct percpu_counter;
struct poll_table_struct;
struct pt_regs;
struct ratelimit_state;
struct super_block;
struct super_operations;
struct task_struct;
struct timer_list;
struct tracepoint;
struct vfsmount;
struct vm_area_struct;
struct wait_queue_head;

/* bug.c */
__rust_helper void rust_helper_module_panicked(void);
__rust_helper void rust_helper_panicked_at(const char *file, size_t length, unsigned int line,
					   unsigned int column);
__rust_helper __noreturn void rust_helper_BUG(void);
__rust_helper bool rust_helper_module_is_loading(const struct module *mod);
__rust_helper bool rust_helper_module_is_used(struct module *mod);
__rust_helper bool rust_helper_module_pause(unsigned int ms, bool killable);
__rust_helper void rust_helper_module_stays(struct module *mod, int failed);
__rust_helper void rust_helper_module_lives(struct module *mod, size_t count, const char *kind,
					    size_t length);
__rust_helper void rust_helper_module_kept(struct module *mod, int failed);

/* chrdev.c */
__rust_helper struct class *rust_helper_class_create(const char *name, struct lock_class_key *key);
__rust_helper struct device *rust_helper_device_create(struct class *class, dev_t number,
						       const char *name, unsigned int minor,
						       struct kobject *users);
__rust_helper struct cdev *rust_helper_inode_cdev(const struct inode *inode);

/* cpu.c */
__rust_helper unsigned int rust_helper_nr_cpu_ids(void);
__rust_helper unsigned int rust_helper_num_online_cpus(void);
__rust_helper unsigned int rust_helper_num_possible_cpus(void);
__rust_helper bool rust_helper_cpu_online(unsigned int cpu);
__rust_helper bool rust_helper_cpu_possible(unsigned int cpu);
__rust_helper unsigned int rust_helper_raw_smp_processor_id(void);
__rust_helper void rust_helper_preempt_disable(void);
__rust_helper void rust_helper_preempt_enable(void);
__rust_helper int rust_helper_cpuhp_setup(const char *name,
					  int (*startup)(unsigned int cpu, struct hlist_node *node),
					  int (*teardown)(unsigned int cpu, struct hlist_node *node));

/* filesystem.c */
/* What an inode is to be; `target` is that of a symbolic link. */
struct rust_helper_inode {
	u64 number;
	umode_t mode;
	unsigned int links;
	loff_t size;
	time64_t seconds;
	const char *target;
	const struct inode_operations *operations;
	const struct file_operations *file;
};
__rust_helper void rust_helper_fs_super(struct super_block *sb, u32 magic,
					const struct super_operations *operations);
__rust_helper struct inode *rust_helper_fs_new_inode(struct super_block *sb,
						     const struct rust_helper_inode *what);
__rust_helper int rust_helper_fs_set_root(struct super_block *sb, struct inode *root);
__rust_helper int rust_helper_fs_statfs(struct dentry *dentry, struct kstatfs *buf, u64 blocks,
					u64 files);
__rust_helper const char *rust_helper_dentry_name(const struct dentry *dentry, size_t *length);
__rust_helper bool rust_helper_dir_emit_dots(struct file *file, struct dir_context *context);
__rust_helper bool rust_helper_dir_emit(struct dir_context *context, const char *name,
					size_t length, u64 number, unsigned int type);

/* fs.c */
__rust_helper bool rust_helper_get_file(struct file *f);
__rust_helper struct vfsmount *rust_helper_mount_proc(void);
__rust_helper bool rust_helper_exists_in(struct vfsmount *mount, const char *name);

/* mm.c */
__rust_helper unsigned long rust_helper_vma_start(const struct vm_area_struct *vma);
__rust_helper unsigned long rust_helper_vma_end(const struct vm_area_struct *vma);
__rust_helper u64 rust_helper_vma_flags(const struct vm_area_struct *vma);
__rust_helper int rust_helper_vma_clear_maywrite(struct vm_area_struct *vma);
__rust_helper void *rust_helper_vmalloc_user(unsigned long size);
__rust_helper int rust_helper_remap_vmalloc(struct vm_area_struct *vma, void *addr);
__rust_helper void rust_helper_poll_wait(struct file *filp, struct wait_queue_head *queue,
			   struct poll_table_struct *p);
__rust_helper void rust_helper_poll_free(struct wait_queue_head *queue);

/* percpu.c */
__rust_helper void *rust_helper_alloc_percpu(size_t size, size_t align);
__rust_helper void rust_helper_free_percpu(void *ptr);
__rust_helper void *rust_helper_per_cpu_ptr(void *ptr, unsigned int cpu);
__rust_helper int rust_helper_percpu_counter_init(struct percpu_counter *counter, s64 amount,
						  struct lock_class_key *key);
__rust_helper void rust_helper_percpu_counter_destroy(struct percpu_counter *counter);
__rust_helper void rust_helper_percpu_counter_add(struct percpu_counter *counter, s64 amount);
__rust_helper s64 rust_helper_percpu_counter_read(struct percpu_counter *counter);
__rust_helper s64 rust_helper_percpu_counter_sum(struct percpu_counter *counter);

/* printk.c */
__rust_helper void rust_helper_printk(char level, const char *prefix, size_t prefix_len, const char *text,
			size_t text_len);
__rust_helper void rust_helper_dev_printk(char level, const struct device *dev, const char *text,
			    size_t text_len);
__rust_helper bool rust_helper_ratelimit(struct ratelimit_state *rs, const char *name);

/* random.c */
__rust_helper u32 rust_helper_get_random_u32_below(u32 ceil);

/* slab.c */
__rust_helper void *rust_helper_krealloc(const void *objp, size_t new_size, gfp_t flags);
__rust_helper void rust_helper_kfree(const void *objp);
__rust_helper void *rust_helper_vrealloc(void *old, size_t old_size, size_t new_size, gfp_t flags);
__rust_helper void *rust_helper_kvrealloc(void *old, size_t old_size, size_t new_size, gfp_t flags);

/* sync.c */
__rust_helper void rust_helper_refcount_set(refcount_t *r, int n);
__rust_helper void rust_helper_refcount_inc(refcount_t *r);
__rust_helper void rust_helper_refcount_dec(refcount_t *r);
__rust_helper bool rust_helper_refcount_dec_and_test(refcount_t *r);
__rust_helper void rust_helper___mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key);
__rust_helper void rust_helper_mutex_lock(struct mutex *lock);
__rust_helper bool rust_helper_mutex_trylock(struct mutex *lock);
__rust_helper void rust_helper___spin_lock_init(spinlock_t *lock, const char *name, struct lock_class_key *key);
__rust_helper void rust_helper_spin_lock(spinlock_t *lock);
__rust_helper bool rust_helper_spin_trylock(spinlock_t *lock);
__rust_helper void rust_helper_spin_unlock(spinlock_t *lock);
__rust_helper unsigned long rust_helper_spin_lock_irqsave(spinlock_t *lock);
__rust_helper void rust_helper_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
__rust_helper void rust_helper_rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key);
__rust_helper void rust_helper_read_lock(rwlock_t *lock);
__rust_helper bool rust_helper_read_trylock(rwlock_t *lock);
__rust_helper void rust_helper_read_unlock(rwlock_t *lock);
__rust_helper unsigned long rust_helper_read_lock_irqsave(rwlock_t *lock);
__rust_helper void rust_helper_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags);
__rust_helper void rust_helper_write_lock(rwlock_t *lock);
__rust_helper bool rust_helper_write_trylock(rwlock_t *lock);
__rust_helper void rust_helper_write_unlock(rwlock_t *lock);
__rust_helper unsigned long rust_helper_write_lock_irqsave(rwlock_t *lock);
__rust_helper void rust_helper_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags);
__rust_helper void rust_helper_init_completion(struct completion *done, const char *name,
					       struct lock_class_key *key);
__rust_helper void rust_helper_rcu_read_lock(void);
__rust_helper void rust_helper_rcu_read_unlock(void);
__rust_helper void rust_helper_smp_mb(void);
__rust_helper void rust_helper_smp_rmb(void);
__rust_helper void rust_helper_smp_wmb(void);

/* sysfs.c */
__rust_helper int rust_helper_sysfs_create_file(struct kobject *kobj, struct attribute *attr,
					       struct lock_class_key *key);
__rust_helper void rust_helper_sysfs_remove_file(struct kobject *kobj, const struct attribute *attr);
#ifdef CONFIG_SYSCTL
__rust_helper struct ctl_table_header *
rust_helper_register_sysctl(const char *path, struct ctl_table *table, size_t rows);
#endif
__rust_helper struct dentry *rust_helper_debugfs_create_dir(const char *name,
							    struct dentry *parent);
__rust_helper struct dentry *
rust_helper_debugfs_create_file(const char *name, umode_t mode, struct dentry *parent, void *data,
				const struct file_operations *fops);
__rust_helper void rust_helper_debugfs_remove(struct dentry *dentry);

/* task.c */
__rust_helper struct task_struct *rust_helper_get_current(void);
__rust_helper void rust_helper_get_task_struct(struct task_struct *t);
__rust_helper void rust_helper_put_task_struct(struct task_struct *t);
__rust_helper bool rust_helper_signal_pending(struct task_struct *t);
__rust_helper kuid_t rust_helper_task_uid(struct task_struct *t);
__rust_helper kuid_t rust_helper_task_euid(struct task_struct *t);
__rust_helper kuid_t rust_helper_current_euid(void);
__rust_helper uid_t rust_helper_kuid_in_current_ns(kuid_t uid);
__rust_helper uid_t rust_helper_kuid_in_init_ns(kuid_t uid);
__rust_helper gid_t rust_helper_kgid_in_current_ns(kgid_t gid);
__rust_helper gid_t rust_helper_kgid_in_init_ns(kgid_t gid);
__rust_helper void rust_helper_get_cred(const struct cred *cred);
__rust_helper void rust_helper_put_cred(const struct cred *cred);
__rust_helper void rust_helper_get_task_comm(char *buf, struct task_struct *t);
__rust_helper void rust_helper_might_sleep(const char *file, size_t length, unsigned int line);
__rust_helper bool rust_helper_irqs_disabled(void);

/* time.c */
__rust_helper unsigned long rust_helper_msecs_to_jiffies(unsigned int msecs);
__rust_helper s64 rust_helper_ktime_get(void);
__rust_helper s64 rust_helper_ktime_get_boottime(void);
__rust_helper s64 rust_helper_ktime_get_real(void);
__rust_helper s64 rust_helper_ktime_get_clocktai(void);
__rust_helper void rust_helper_fsleep(unsigned long usecs);
__rust_helper void rust_helper_udelay(unsigned long usecs);

/* timer.c */

/*
 * The lock is for what changes when the timer ends: see rust_helper_hrtimer_forward(). `running` is
 * the task that its function runs in, or has interrupted, and `stopped` says that it is not to go on.
 */
struct rkmbuild_hrtimer {
	struct hrtimer timer;
	raw_spinlock_t lock;
	struct task_struct *running;
	bool stopped;
};

__rust_helper void rust_helper_hrtimer_setup(struct rkmbuild_hrtimer *timer,
					     enum hrtimer_restart (*function)(struct hrtimer *),
					     clockid_t clock, enum hrtimer_mode mode);
__rust_helper void rust_helper_hrtimer_destroy(struct rkmbuild_hrtimer *timer);
__rust_helper void rust_helper_hrtimer_start(struct rkmbuild_hrtimer *timer, s64 expires,
					     enum hrtimer_mode mode);
__rust_helper u64 rust_helper_hrtimer_forward(struct rkmbuild_hrtimer *timer, s64 now,
					      s64 interval);
__rust_helper void rust_helper_hrtimer_begins(struct rkmbuild_hrtimer *timer);
__rust_helper bool rust_helper_hrtimer_ends(struct rkmbuild_hrtimer *timer);
__rust_helper int rust_helper_hrtimer_cancel(struct rkmbuild_hrtimer *timer);
__rust_helper void rust_helper_timer_setup(struct timer_list *timer,
					   void (*function)(struct timer_list *),
					   unsigned int flags, const char *name,
					   struct lock_class_key *key);
__rust_helper void rust_helper_timer_destroy(struct timer_list *timer);
__rust_helper bool rust_helper_timer_pending(const struct timer_list *timer);
__rust_helper bool rust_helper_timer_delete(struct timer_list *timer);
__rust_helper bool rust_helper_timer_delete_sync(struct timer_list *timer);
__rust_helper void rust_helper_timer_shutdown_sync(struct timer_list *timer);
__rust_helper unsigned long rust_helper_nsecs_to_jiffies(u64 nsecs);

/* trace.c */
__rust_helper unsigned long rust_helper_instruction_pointer(struct pt_regs *regs);
__rust_helper unsigned long rust_helper_regs_argument(struct pt_regs *regs, unsigned int n);
__rust_helper unsigned long rust_helper_regs_return_value(struct pt_regs *regs);
#ifdef CONFIG_KRETPROBES
__rust_helper struct kretprobe *rust_helper_get_kretprobe(struct kretprobe_instance *ri);
__rust_helper void *rust_helper_kretprobe_data(struct kretprobe_instance *ri);
#endif
#ifdef CONFIG_TRACEPOINTS
__rust_helper struct tracepoint *rust_helper_find_tracepoint(const char *name);
__rust_helper void rust_helper_tracepoint_synchronize_unregister(void);
#endif
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
__rust_helper int rust_helper_register_ftrace(struct ftrace_ops *ops, const char *pattern,
					      void (*func)(unsigned long ip, unsigned long parent_ip,
							   struct ftrace_ops *ops,
							   struct ftrace_regs *fregs));
__rust_helper int rust_helper_unregister_ftrace(struct ftrace_ops *ops);
__rust_helper unsigned long rust_helper_ftrace_argument(struct ftrace_regs *fregs, unsigned int n);
#endif
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
__rust_helper int rust_helper_register_ftrace_gate(struct ftrace_ops *ops, const char *const *names,
						   size_t count,
						   void (*func)(unsigned long ip,
								unsigned long parent_ip,
								struct ftrace_ops *ops,
								struct ftrace_regs *fregs));
__rust_helper void rust_helper_ftrace_give_back(struct ftrace_regs *fregs, long value);
#endif

/* uaccess.c */
__rust_helper unsigned long rust_helper_copy_from_user(void *to, const void *from, unsigned long n);
__rust_helper unsigned long rust_helper_copy_to_user(void *to, const void *from, unsigned long n);
__rust_helper size_t rust_helper_copy_from_iter(void *addr, size_t bytes, struct iov_iter *i);
__rust_helper size_t rust_helper_copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i);

/* workqueue.c */
__rust_helper void rust_helper_init_work(struct work_struct *work,
					 void (*func)(struct work_struct *work), const char *name,
					 struct lock_class_key *key);
__rust_helper void rust_helper_destroy_work(struct work_struct *work);
__rust_helper bool rust_helper_queue_work(struct workqueue_struct *wq, struct work_struct *work);

/* `node` is in a list while the work waits for its time or for a worker. */
struct rkmbuild_delayed_work {
	struct delayed_work dwork;
	struct list_head node;
};

__rust_helper void rust_helper_init_delayed_work(struct rkmbuild_delayed_work *work,
						 void (*func)(struct work_struct *work),
						 const char *name, struct lock_class_key *key,
						 const char *timer_name,
						 struct lock_class_key *timer_key);
__rust_helper void rust_helper_destroy_delayed_work(struct rkmbuild_delayed_work *work);
__rust_helper bool rust_helper_queue_delayed_work(struct workqueue_struct *wq,
						  struct rkmbuild_delayed_work *work,
						  unsigned long delay);
__rust_helper void rust_helper_delayed_work_begins(struct rkmbuild_delayed_work *work);
__rust_helper void rust_helper_hasten_delayed_work(struct workqueue_struct *wq);
__rust_helper void rust_helper_leave_system_queues(void);
__rust_helper struct workqueue_struct *rust_helper_alloc_workqueue(const char *name);
__rust_helper void rust_helper_flush_workqueue(struct workqueue_struct *wq);
__rust_helper struct task_struct *rust_helper_kthread_create(int (*fn)(void *data), void *data,
							     const char *name);
__rust_helper bool rust_helper_kthread_should_stop(void);
__rust_helper void rust_helper_wait_to_stop(void);

__rust_helper void *rust_helper_malloc(size_t size);
__rust_helper void *rust_helper_calloc(size_t count, size_t size);
__rust_helper void *rust_helper_realloc(void *old, size_t size);
__rust_helper void rust_helper_free(const void *block);

#endif
