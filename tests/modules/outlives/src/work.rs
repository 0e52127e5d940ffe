// SPDX-License-Identifier: GPL-2.0

//! Work on queues of the kernel's own, which is not done yet when the module goes.

use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Full};
use kernel::sync::Arc;
use kernel::time::{delay, msecs_to_jiffies, Delta};
use kernel::workqueue::{self, impl_has_delayed_work, new_delayed_work, DelayedWork, WorkItem};

/// Queues itself anew so many times.
#[pin_data]
struct Again {
    left: Atomic<u32>,
    #[pin]
    work: DelayedWork<Again>,
}

impl_has_delayed_work! {
    impl HasDelayedWork<Self> for Again { self.work }
}

impl WorkItem for Again {
    type Pointer = Arc<Again>;

    fn run(this: Arc<Again>) {
        if this.left.fetch_add(u32::MAX, Full) > 1 {
            let _ = workqueue::system_unbound().enqueue_delayed(this, msecs_to_jiffies(3_600_000));
        } else {
            pr_info!("done in time\n");
        }
    }
}

pub(crate) fn leave() -> Result {
    for queue in [workqueue::system(), workqueue::system_long()] {
        queue.try_spawn(GFP_KERNEL, || {
            delay::fsleep(Delta::from_millis(200));
            pr_info!("work done\n");
        })?;
    }
    let again = Arc::pin_init(
        pin_init!(Again { left: Atomic::<u32>::new(3), work <- new_delayed_work!("again") }),
        GFP_KERNEL,
    )?;
    workqueue::system()
        .enqueue_delayed(again, msecs_to_jiffies(3_600_000))
        .map_err(|_| EBUSY)
}
