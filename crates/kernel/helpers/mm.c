// SPDX-License-Identifier: GPL-2.0

#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/vmalloc.h>

#include "helpers.h"

__rust_helper unsigned long rust_helper_vma_start(const struct vm_area_struct *vma)
{
	return vma->vm_start;
}

__rust_helper unsigned long rust_helper_vma_end(const struct vm_area_struct *vma)
{
	return vma->vm_end;
}

__rust_helper u64 rust_helper_vma_flags(const struct vm_area_struct *vma)
{
	return vma->vm_flags;
}

/* Since 6.3 vm_flags is constant and changed by functions. */
__rust_helper int rust_helper_vma_clear_maywrite(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EINVAL;
#ifdef RKMBUILD_HAS_vm_flags_clear
	vm_flags_clear(vma, VM_MAYWRITE);
#else
	vma->vm_flags &= ~VM_MAYWRITE;
#endif
	return 0;
}

__rust_helper void *rust_helper_vmalloc_user(unsigned long size)
{
	return vmalloc_user(size);
}

__rust_helper int rust_helper_remap_vmalloc(struct vm_area_struct *vma, void *addr)
{
	return remap_vmalloc_range(vma, addr, vma->vm_pgoff);
}

__rust_helper void rust_helper_poll_wait(struct file *filp, wait_queue_head_t *queue, poll_table *p)
{
	poll_wait(filp, queue, p);
}

/*
 * As __wake_up_pollfree(), after which the queue is to be empty: but it is so of epoll alone. Threads
 * in poll(2) and select(2) are woken, look at their files once more, and leave when they return. Those
 * are woken that wait for any of these: who waits to write or for what is urgent does not for EPOLLHUP
 * (pollwake() in fs/select.c).
 */
__rust_helper void rust_helper_poll_free(wait_queue_head_t *queue)
{
	const __poll_t all = EPOLLIN | EPOLLRDNORM | EPOLLRDBAND | EPOLLOUT | EPOLLWRNORM |
			     EPOLLWRBAND | EPOLLPRI | EPOLLERR | EPOLLHUP;
	bool active;

	for (;;) {
		__wake_up(queue, TASK_NORMAL, 0, poll_to_key(all | POLLFREE));
		/* With the lock, who just left is done with it. */
		spin_lock_irq(&queue->lock);
		active = waitqueue_active(queue);
		spin_unlock_irq(&queue->lock);
		if (!active)
			break;
		msleep(1);
	}
}
