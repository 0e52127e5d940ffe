// SPDX-License-Identifier: GPL-2.0

//! The lock classes of what has no macro that makes it, for a kernel that looks at them.

use crate::kernel_side::classes;
use kernel::prelude::*;
use kernel::sync::Completion;

#[pin_data]
struct Two {
    #[pin]
    first: Completion,
    #[pin]
    second: Completion,
}

#[test]
fn each_place_makes_locks_of_a_class_of_its_own() {
    for _ in 0..2 {
        let init = pin_init!(Two { first <- Completion::new(), second <- Completion::new() });
        drop(KBox::pin_init(init, GFP_KERNEL).unwrap());
    }
    let mut made = classes();
    assert_eq!(made.len(), 4);
    assert_eq!(made[..2], made[2..]);
    made.truncate(2);
    made.push(0);
    made.sort_unstable();
    // A class has 8 bytes, one for each of its subclasses: lockdep.h's MAX_LOCKDEP_SUBCLASSES.
    assert!(
        made.windows(2).all(|pair| pair[1] - pair[0] >= 8),
        "{made:x?}"
    );
}
