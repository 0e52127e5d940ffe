// SPDX-License-Identifier: GPL-2.0

//! Messages that begin with a device's driver and name.

/// Prints with a level; the other macros are made of it.
#[doc(hidden)]
#[macro_export]
macro_rules! dev_printk {
    ($level:ident, $dev:expr, $($arg:tt)+) => {
        $dev.print($crate::print::Level::$level, ::core::format_args!($($arg)+))
    };
}

/// Prints that the system is unusable (level 0) of a device: `dev_emerg!(dev, "…\n")`.
#[macro_export]
macro_rules! dev_emerg {
    ($($arg:tt)*) => {
        $crate::dev_printk!(Emerg, $($arg)*)
    };
}

/// Prints that something must be done at once (level 1) of a device: `dev_alert!(dev, "…\n")`.
#[macro_export]
macro_rules! dev_alert {
    ($($arg:tt)*) => {
        $crate::dev_printk!(Alert, $($arg)*)
    };
}

/// Prints a critical condition (level 2) of a device: `dev_crit!(dev, "…\n")`.
#[macro_export]
macro_rules! dev_crit {
    ($($arg:tt)*) => {
        $crate::dev_printk!(Crit, $($arg)*)
    };
}

/// Prints an error (level 3) of a device: `dev_err!(dev, "…\n")`.
#[macro_export]
macro_rules! dev_err {
    ($($arg:tt)*) => {
        $crate::dev_printk!(Err, $($arg)*)
    };
}

/// Prints a warning (level 4) of a device: `dev_warn!(dev, "…\n")`.
#[macro_export]
macro_rules! dev_warn {
    ($($arg:tt)*) => {
        $crate::dev_printk!(Warning, $($arg)*)
    };
}

/// Prints something normal that matters (level 5) of a device: `dev_notice!(dev, "…\n")`.
#[macro_export]
macro_rules! dev_notice {
    ($($arg:tt)*) => {
        $crate::dev_printk!(Notice, $($arg)*)
    };
}

/// Prints information (level 6) of a device: `dev_info!(dev, "…\n")`.
#[macro_export]
macro_rules! dev_info {
    ($($arg:tt)*) => {
        $crate::dev_printk!(Info, $($arg)*)
    };
}

/// Prints something of a device for who debugs (level 7), in a build with debug assertions only.
#[macro_export]
macro_rules! dev_dbg {
    ($($arg:tt)*) => {
        if ::core::cfg!(debug_assertions) {
            $crate::dev_printk!(Debug, $($arg)*)
        }
    };
}
