// SPDX-License-Identifier: GPL-2.0

//! The macros. Each is C's macro of the same name, with Rust's format.

/// Prints with a level; the other macros are made of it.
#[doc(hidden)]
#[macro_export]
#[allow(clippy::crate_in_macro_def)] // the user's crate is meant
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

/// Runs a block once, however often it is reached.
#[doc(hidden)]
#[macro_export]
macro_rules! do_once {
    ($($body:tt)*) => {{
        static DONE: ::core::sync::atomic::AtomicBool =
            ::core::sync::atomic::AtomicBool::new(false);
        if !DONE.load(::core::sync::atomic::Ordering::Relaxed)
            && !DONE.swap(true, ::core::sync::atomic::Ordering::Relaxed)
        {
            $($body)*
        }
    }};
}

/// Runs a block unless it ran too often of late: ten times in five seconds, as C's macros.
#[doc(hidden)]
#[macro_export]
#[allow(clippy::crate_in_macro_def)] // the user's crate is meant
macro_rules! do_ratelimited {
    ($($body:tt)*) => {{
        static LIMIT: $crate::print::RateLimit = $crate::print::RateLimit::new();
        if LIMIT.allows(crate::__LOG_PREFIX) {
            $($body)*
        }
    }};
}

/// As [`pr_emerg!`](crate::pr_emerg), once for each place where it stands.
#[macro_export]
macro_rules! pr_emerg_once {
    ($($arg:tt)*) => {
        $crate::do_once! { $crate::pr_emerg!($($arg)*) }
    };
}

/// As [`pr_emerg!`](crate::pr_emerg), at most ten times in five seconds for each place.
#[macro_export]
macro_rules! pr_emerg_ratelimited {
    ($($arg:tt)*) => {
        $crate::do_ratelimited! { $crate::pr_emerg!($($arg)*) }
    };
}

/// As [`pr_alert!`](crate::pr_alert), once for each place where it stands.
#[macro_export]
macro_rules! pr_alert_once {
    ($($arg:tt)*) => {
        $crate::do_once! { $crate::pr_alert!($($arg)*) }
    };
}

/// As [`pr_alert!`](crate::pr_alert), at most ten times in five seconds for each place.
#[macro_export]
macro_rules! pr_alert_ratelimited {
    ($($arg:tt)*) => {
        $crate::do_ratelimited! { $crate::pr_alert!($($arg)*) }
    };
}

/// As [`pr_crit!`](crate::pr_crit), once for each place where it stands.
#[macro_export]
macro_rules! pr_crit_once {
    ($($arg:tt)*) => {
        $crate::do_once! { $crate::pr_crit!($($arg)*) }
    };
}

/// As [`pr_crit!`](crate::pr_crit), at most ten times in five seconds for each place.
#[macro_export]
macro_rules! pr_crit_ratelimited {
    ($($arg:tt)*) => {
        $crate::do_ratelimited! { $crate::pr_crit!($($arg)*) }
    };
}

/// As [`pr_err!`](crate::pr_err), once for each place where it stands.
#[macro_export]
macro_rules! pr_err_once {
    ($($arg:tt)*) => {
        $crate::do_once! { $crate::pr_err!($($arg)*) }
    };
}

/// As [`pr_err!`](crate::pr_err), at most ten times in five seconds for each place.
#[macro_export]
macro_rules! pr_err_ratelimited {
    ($($arg:tt)*) => {
        $crate::do_ratelimited! { $crate::pr_err!($($arg)*) }
    };
}

/// As [`pr_warn!`](crate::pr_warn), once for each place where it stands.
#[macro_export]
macro_rules! pr_warn_once {
    ($($arg:tt)*) => {
        $crate::do_once! { $crate::pr_warn!($($arg)*) }
    };
}

/// As [`pr_warn!`](crate::pr_warn), at most ten times in five seconds for each place.
#[macro_export]
macro_rules! pr_warn_ratelimited {
    ($($arg:tt)*) => {
        $crate::do_ratelimited! { $crate::pr_warn!($($arg)*) }
    };
}

/// As [`pr_notice!`](crate::pr_notice), once for each place where it stands.
#[macro_export]
macro_rules! pr_notice_once {
    ($($arg:tt)*) => {
        $crate::do_once! { $crate::pr_notice!($($arg)*) }
    };
}

/// As [`pr_notice!`](crate::pr_notice), at most ten times in five seconds for each place.
#[macro_export]
macro_rules! pr_notice_ratelimited {
    ($($arg:tt)*) => {
        $crate::do_ratelimited! { $crate::pr_notice!($($arg)*) }
    };
}

/// As [`pr_info!`](crate::pr_info), once for each place where it stands.
#[macro_export]
macro_rules! pr_info_once {
    ($($arg:tt)*) => {
        $crate::do_once! { $crate::pr_info!($($arg)*) }
    };
}

/// As [`pr_info!`](crate::pr_info), at most ten times in five seconds for each place.
#[macro_export]
macro_rules! pr_info_ratelimited {
    ($($arg:tt)*) => {
        $crate::do_ratelimited! { $crate::pr_info!($($arg)*) }
    };
}
