// SPDX-License-Identifier: GPL-2.0

//! A module with tests that go each way.

#![no_std]

use kernel::prelude::*;

module! {
    type: Tested,
    name: "tested",
    description: "A module with tests of each outcome",
    license: "GPL",
    params: {
        label: str {
            default: "none",
            description: "What a script asks for",
            permissions: 0o444,
        },
    },
}

struct Tested {
    _kept: KVec<u8>,
}

impl kernel::Module for Tested {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let label: &str = module_parameters::label.value();
        pr_info!("loaded as {label}, {}\n", checksum(label.as_bytes()));
        Ok(Self {
            _kept: KVec::with_capacity(100, GFP_KERNEL)?,
        })
    }
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

#[cfg(kernel_test)]
mod tests {
    use super::*;
    use kernel::alloc::AllocError;

    #[kernel_test]
    fn passes() {
        assert_eq!(checksum(&[0xff, 2]), 1, "a checksum wraps");
        assert_ne!(checksum(&[1]), 0);
        assert!([1, 2].iter().all(|number| *number > 0));
        assert!(kernel::kunit::in_kunit_test());
        pr_info!("said by a test that passes\n");
    }

    #[kernel_test]
    fn fails() -> Result {
        pr_info!("said by a test that fails\n");
        assert_eq!(checksum(&[1, 2]), 4, "{}\nor {}", "more", 2);
        pr_info!("not reached\n");
        Ok(())
    }

    #[kernel_test]
    fn fails_in_a_closure() {
        [1, 2].iter().for_each(|number| assert!(*number > 1));
    }

    #[kernel_test]
    fn returns_an_error() -> Result<u8, AllocError> {
        Err(AllocError)
    }

    #[kernel_test]
    fn does_not_apply() {
        kernel::kunit_skip!("there is no {}", "device");
    }

    #[kernel_test]
    fn panics() {
        let nothing = core::hint::black_box(None::<u8>);
        assert_eq!(nothing.unwrap(), 1);
    }

    #[kernel_test]
    fn comes_after_a_panic() -> Result {
        assert_eq!(*KBox::new(7, GFP_KERNEL)?, 7);
        Ok(())
    }

    /// Between what it asked for and the end of the object: only a kernel that debugs slabs sees it.
    #[kernel_test]
    fn writes_behind() -> Result {
        let mut memory = KVec::<u8>::with_capacity(60, GFP_KERNEL)?;
        // SAFETY: the kernel's objects have 64 bytes.
        unsafe { memory.as_mut_ptr().add(60).write_volatile(0x41) };
        Ok(())
    }
}

/// As upstream's own tests are written.
#[kunit_tests(as_upstream)]
mod upstream {
    #![allow(unused_imports)]

    use super::*;

    const fn two() -> u8 {
        2
    }

    #[test]
    fn two_and_two() {
        assert_eq!(checksum(&[two(), two()]), 4);
    }

    #[test]
    fn one_returns() -> Result {
        assert!(two() == 2);
        Ok(())
    }

    #[test]
    #[cfg(not(all()))]
    fn one_is_not_there() {
        assert!(false);
    }
}
