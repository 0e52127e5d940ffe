// SPDX-License-Identifier: GPL-2.0

//! Values that are made where they stay: on the stack, in arrays, of zeroes.

use crate::{check, Check};
use kernel::pin_init::{
    init_array_from_fn, pin_init_array_from_fn, stack_pin_init, stack_try_pin_init,
};
use kernel::prelude::*;
use kernel::sync::{Arc, Mutex};

pub(crate) const CHECKS: &[Check] = &[
    ("on the stack", stack),
    ("arrays", arrays),
    ("derived zeroes", zeroes),
];

/// Drops of what this counts.
struct Counted(Arc<Mutex<u32>>);

impl Drop for Counted {
    fn drop(&mut self) {
        *self.0.lock() += 1;
    }
}

fn drops() -> Result<Arc<Mutex<u32>>> {
    Arc::pin_init(kernel::new_mutex!(0), GFP_KERNEL)
}

fn stack() -> Result {
    let dropped = drops()?;
    {
        stack_pin_init!(let lock: Mutex<Counted> = kernel::new_mutex!(Counted(dropped.clone())));
        check!(*lock.lock().0.lock(), 0);
    }
    check!(*dropped.lock(), 1);
    stack_try_pin_init!(let refused: Mutex<u8> = Err::<Mutex<u8>, _>(ENODEV));
    check!(refused.err(), Some(ENODEV));
    Ok(())
}

fn arrays() -> Result {
    let locks = KBox::pin_init(
        pin_init_array_from_fn::<_, 3, Mutex<usize>, _>(|index| kernel::new_mutex!(index * 10)),
        GFP_KERNEL,
    )?;
    *locks[2].lock() += 1;
    // One after the other: they are of one class, and lockdep knows no order among those.
    let values = [0, 1, 2].map(|index: usize| *locks[index].lock());
    check!(values, [0, 10, 21]);

    let dropped = drops()?;
    let refused = KBox::try_init(
        init_array_from_fn::<_, 4, Counted, Error>(|index| {
            if index < 3 {
                Ok(Counted(dropped.clone()))
            } else {
                Err(ENOSPC)
            }
        }),
        GFP_KERNEL,
    );
    check!(refused.err(), Some(ENOSPC));
    check!(*dropped.lock(), 3);
    Ok(())
}

#[derive(Zeroable)]
struct Table<T> {
    names: [Option<KBox<T>>; 2],
    count: usize,
}

fn zeroes() -> Result {
    let table = KBox::init(
        init!(Table::<u8> {
            count: 5,
            ..Zeroable::init_zeroed()
        }),
        GFP_KERNEL,
    )?;
    check!(table.count, 5);
    check!(table.names.iter().all(Option::is_none));
    Ok(())
}
