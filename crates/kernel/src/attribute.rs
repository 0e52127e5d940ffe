// SPDX-License-Identifier: GPL-2.0

//! Values that users read and write as text: what [`sysfs`](crate::sysfs) and
//! [`sysctl`](crate::sysctl) show in files.
//!
//! Numbers and truth values are there as [`Atomic`], with bounds as [`Bounded`], and whatever has a
//! text as [`Mutex`]. To be shared with the rest of a module, a value stands in an [`Arc`] or in a
//! static. What has more to do implements [`Attribute`]:
//!
//! ```
//! use kernel::attribute::Attribute;
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//! # use core::fmt;
//!
//! struct Level(Atomic<u8>);
//!
//! impl Attribute for Level {
//!     fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
//!         f.write_str(if self.0.load(Relaxed) == 0 { "low" } else { "high" })
//!     }
//!
//!     fn store(&self, text: &str) -> Result {
//!         let level = match text {
//!             "low" => 0,
//!             "high" => 1,
//!             _ => return Err(EINVAL),
//!         };
//!         self.0.store(level, Relaxed);
//!         Ok(())
//!     }
//! }
//! ```

use crate::error::{code::EACCES, code::EINVAL, Result};
use crate::module_param::ModuleParam;
use crate::sync::atomic::{Atomic, AtomicType, Relaxed};
use crate::sync::{Arc, Mutex};
use crate::value_text::parse;
use core::fmt::{self, Display};
use core::ops::RangeInclusive;
use core::str::FromStr;

/// A value that users read, and may write, as text.
pub trait Attribute: Send + Sync + 'static {
    /// Writes the text, without the end of its line. Several may read at once.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Takes what a user wrote, without the end of its line. Several may write at once.
    ///
    /// # Errors
    ///
    /// An error is what `write(2)` fails with: `EACCES` where this method is left out.
    fn store(&self, _text: &str) -> Result {
        Err(EACCES)
    }
}

/// As the kernel reads and shows numbers and truth values: also `0x10`; `Y` and `N`. `ERANGE` where one
/// does not fit.
impl<T: AtomicType + ModuleParam> Attribute for Atomic<T>
where
    Self: Send + Sync,
{
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load(Relaxed).show().fmt(f)
    }

    fn store(&self, text: &str) -> Result {
        Atomic::store(self, T::try_from_param_arg(text.trim())?, Relaxed);
        Ok(())
    }
}

impl<T: Display + FromStr + Send + 'static> Attribute for Mutex<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }

    fn store(&self, text: &str) -> Result {
        let value = parse(text)?;
        *self.lock() = value;
        Ok(())
    }
}

impl<T: Attribute + ?Sized> Attribute for Arc<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).show(f)
    }

    fn store(&self, text: &str) -> Result {
        (**self).store(text)
    }
}

impl<T: Attribute + ?Sized> Attribute for &'static T {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).show(f)
    }

    fn store(&self, text: &str) -> Result {
        (**self).store(text)
    }
}

/// A number that users can set within bounds only: `Bounded::new(Atomic::<i32>::new(3), 0..=10)`.
pub struct Bounded<T: AtomicType> {
    value: Atomic<T>,
    bounds: RangeInclusive<T>,
}

impl<T: AtomicType> Bounded<T> {
    /// Makes one. What the module itself stores is not looked at.
    #[must_use]
    pub const fn new(value: Atomic<T>, bounds: RangeInclusive<T>) -> Self {
        Self { value, bounds }
    }

    /// Returns the number.
    #[must_use]
    pub const fn value(&self) -> &Atomic<T> {
        &self.value
    }
}

/// `EINVAL` where a number lies outside the bounds.
impl<T: AtomicType + ModuleParam + PartialOrd> Attribute for Bounded<T>
where
    Self: Send + Sync,
{
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.load(Relaxed).show().fmt(f)
    }

    fn store(&self, text: &str) -> Result {
        let value = T::try_from_param_arg(text.trim())?;
        if !self.bounds.contains(&value) {
            return Err(EINVAL);
        }
        self.value.store(value, Relaxed);
        Ok(())
    }
}

/// An attribute as what can be formatted.
pub(crate) struct Shown<'a>(pub(crate) &'a dyn Attribute);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}
