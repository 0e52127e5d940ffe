// SPDX-License-Identifier: GPL-2.0

//! The macros. Each is C's macro of the same name, with Rust's format.

/// Prints with a level; the other macros are made of it.
#[doc(hidden)]
#[macro_export]
macro_rules! print_macro {
    ($level:ident, $($arg:tt)+) => {
        // `__LOG_PREFIX` is the user's crate's own: `module!` makes it.
        $crate::print::print(
            $crate::print::Level::$level,
            crate::__LOG_PREFIX,
            ::core::format_args!($($arg)+),
        )
    };
}

/// Prints that the system is unusable (level 0).
///
/// C's `pr_emerg()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_emerg {
    ($($arg:tt)*) => {
        $crate::print_macro!(Emerg, $($arg)*)
    };
}

/// Prints that something must be done at once (level 1).
///
/// C's `pr_alert()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_alert {
    ($($arg:tt)*) => {
        $crate::print_macro!(Alert, $($arg)*)
    };
}

/// Prints a critical condition (level 2).
///
/// C's `pr_crit()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_crit {
    ($($arg:tt)*) => {
        $crate::print_macro!(Crit, $($arg)*)
    };
}

/// Prints an error (level 3).
///
/// C's `pr_err()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_err {
    ($($arg:tt)*) => {
        $crate::print_macro!(Err, $($arg)*)
    };
}

/// Prints a warning (level 4).
///
/// C's `pr_warn()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_warn {
    ($($arg:tt)*) => {
        $crate::print_macro!(Warning, $($arg)*)
    };
}

/// Prints something normal that matters (level 5).
///
/// C's `pr_notice()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_notice {
    ($($arg:tt)*) => {
        $crate::print_macro!(Notice, $($arg)*)
    };
}

/// Prints information (level 6).
///
/// C's `pr_info()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_info {
    ($($arg:tt)*) => {
        $crate::print_macro!(Info, $($arg)*)
    };
}

/// Continues the line that the message before began without ending it.
///
/// The message before must be of this thread, and have been printed just now.
///
/// C's `pr_cont()`, with the format of [`core::fmt`]. End the message with `\n`.
#[macro_export]
macro_rules! pr_cont {
    ($($arg:tt)*) => {
        $crate::print_macro!(Cont, $($arg)*)
    };
}

/// Prints something for who debugs (level 7), in a build with debug assertions only.
///
/// C's `pr_debug()` without dynamic debug, with the format of [`core::fmt`]: as C's needs `DEBUG`
/// defined, this one needs `--profile dev`. The arguments are checked in every build.
#[macro_export]
macro_rules! pr_debug {
    ($($arg:tt)*) => {
        if ::core::cfg!(debug_assertions) {
            $crate::print_macro!(Debug, $($arg)*)
        }
    };
}
