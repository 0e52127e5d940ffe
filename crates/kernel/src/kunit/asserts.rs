// SPDX-License-Identifier: GPL-2.0

//! What a test says of itself: assertions that report and return, and what it returns.

use super::{say, FAILED, SKIPPED};
use core::fmt::{self, Debug, Write};
use core::sync::atomic::Ordering;

/// What a test, or a function or closure with an assertion in it, can return.
#[diagnostic::on_unimplemented(
    message = "an assertion cannot return from a function or closure that returns `{Self}`",
    note = "a failed assertion of a test returns; what is around it must return `()` or a `Result` \
            of a type that has a default",
    note = "`::core::assert!` panics instead"
)]
pub trait TestResult {
    /// What a failed assertion returns, which is reported already.
    fn failed() -> Self;

    /// What is wrong with it.
    fn problem(&self) -> Option<&dyn Debug>;
}

impl TestResult for () {
    fn failed() -> Self {}

    fn problem(&self) -> Option<&dyn Debug> {
        None
    }
}

impl<T: Default, E: Debug> TestResult for core::result::Result<T, E> {
    fn failed() -> Self {
        Ok(T::default())
    }

    fn problem(&self) -> Option<&dyn Debug> {
        self.as_ref().err().map(|error| error as &dyn Debug)
    }
}

/// Takes what a test returned.
#[doc(hidden)]
// It is given what the test returned.
#[allow(clippy::needless_pass_by_value)]
pub fn finish(result: impl TestResult) {
    if let Some(problem) = result.problem() {
        FAILED.store(true, Ordering::Relaxed);
        comment(format_args!("returned Err({problem:?})"));
    }
}

/// Reports a failed assertion, and returns what to return.
#[doc(hidden)]
pub fn fail<R: TestResult>(file: &str, line: u32, what: fmt::Arguments<'_>) -> R {
    FAILED.store(true, Ordering::Relaxed);
    comment(format_args!("ASSERTION FAILED at {file}:{line}\n{what}"));
    R::failed()
}

/// Reports that a test does not apply, and returns what to return.
#[doc(hidden)]
pub fn skip<R: TestResult>(why: fmt::Arguments<'_>) -> R {
    SKIPPED.store(true, Ordering::Relaxed);
    comment(format_args!("SKIP {why}"));
    R::failed()
}

/// Prints lines for people, each with the mark that KTAP has for them.
fn comment(lines: fmt::Arguments<'_>) {
    say(format_args!("{}\n", Comment(lines)));
}

struct Comment<'a>(fmt::Arguments<'a>);

impl fmt::Display for Comment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# ")?;
        Marked(f).write_fmt(self.0)
    }
}

struct Marked<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Marked<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (number, part) in text.split('\n').enumerate() {
            if number > 0 {
                self.0.write_str("\n# ")?;
            }
            self.0.write_str(part)?;
        }
        Ok(())
    }
}

/// As [`assert!`], in a test: reports a failure and returns, rather than to panic.
///
/// `assert!` in a test is this macro.
#[doc(hidden)]
#[macro_export]
macro_rules! kunit_assert {
    ($condition:expr $(,)?) => {
        $crate::kunit_assert!(@ $condition,
            "assertion failed: {}", ::core::stringify!($condition))
    };
    ($condition:expr, $($message:tt)+) => {
        $crate::kunit_assert!(@ $condition, "{}", ::core::format_args!($($message)+))
    };
    (@ $condition:expr, $($message:tt)+) => {
        match $condition {
            true => {}
            false => {
                return $crate::kunit::fail(
                    ::core::file!(),
                    ::core::line!(),
                    ::core::format_args!($($message)+),
                );
            }
        }
    };
}

/// As [`assert_eq!`], in a test; see [`kunit_assert!`].
#[doc(hidden)]
#[macro_export]
macro_rules! kunit_assert_eq {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__kunit_compare!(==, $left, $right $(, $($message)*)?)
    };
}

/// As [`assert_ne!`], in a test; see [`kunit_assert!`].
#[doc(hidden)]
#[macro_export]
macro_rules! kunit_assert_ne {
    ($left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__kunit_compare!(!=, $left, $right $(, $($message)*)?)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __kunit_compare {
    ($sign:tt, $left:expr, $right:expr $(,)?) => {
        $crate::__kunit_compare!(@ $sign, $left, $right, "")
    };
    ($sign:tt, $left:expr, $right:expr, $($message:tt)+) => {
        $crate::__kunit_compare!(@ $sign, $left, $right, ": {}", ::core::format_args!($($message)+))
    };
    (@ $sign:tt, $left:expr, $right:expr, $tail:literal $(, $message:expr)?) => {
        match (&$left, &$right) {
            (left, right) => {
                if !(*left $sign *right) {
                    return $crate::kunit::fail(
                        ::core::file!(),
                        ::core::line!(),
                        ::core::format_args!(
                            ::core::concat!(
                                "assertion failed: {} {} {}", $tail, "\n  left: {:?}\n right: {:?}"
                            ),
                            ::core::stringify!($left),
                            ::core::stringify!($sign),
                            ::core::stringify!($right),
                            $($message,)?
                            left,
                            right,
                        ),
                    );
                }
            }
        }
    };
}

/// Ends a test as one that does not apply here, and says why; C's `kunit_skip()`.
///
/// ```
/// # use kernel::prelude::*;
/// #[kernel_test]
/// fn timers_are_fine() {
///     if !cfg!(CONFIG_HIGH_RES_TIMERS) {
///         kernel::kunit_skip!("this kernel's timers are coarse");
///     }
/// }
/// ```
#[macro_export]
macro_rules! kunit_skip {
    ($($why:tt)+) => {
        return $crate::kunit::skip(::core::format_args!($($why)+))
    };
}
