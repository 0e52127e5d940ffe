// SPDX-License-Identifier: GPL-2.0

//! Time, and the thread that runs.

use crate::{check, Check};
use kernel::prelude::*;
use kernel::time::{
    delay, jiffies, msecs_to_jiffies, BootTime, Delta, Instant, Monotonic, RealTime, Tai,
};

pub(crate) const CHECKS: &[Check] = &[
    ("clocks", clocks),
    ("reckoning with time", reckoning),
    ("sleep", sleep),
    ("task", task),
];

fn clocks() -> Result {
    let start = Instant::<Monotonic>::now();
    check!(Instant::<Monotonic>::now() >= start);
    check!(Instant::<BootTime>::now().as_nanos() >= start.as_nanos());
    // After 2001, before 2286.
    check!((1_000_000_000..10_000_000_000)
        .contains(&(Instant::<RealTime>::now().as_nanos() / 1_000_000_000)));
    check!(Delta::from_millis(5).as_nanos(), 5_000_000);
    check!(Delta::from_nanos(1001).as_micros_ceil(), 2);
    check!(Delta::from_secs(i64::MAX).as_nanos(), i64::MAX);
    check!(msecs_to_jiffies(1000), msecs_to_jiffies(500) * 2);
    check!(Instant::<Tai>::now().as_nanos() > 0);
    Ok(())
}

fn reckoning() -> Result {
    let (start, second) = (Instant::<Monotonic>::now(), Delta::from_secs(1));
    check!(start + second - start, second);
    check!((start + second - second).as_nanos(), start.as_nanos());
    let mut delta = second;
    delta += Delta::from_millis(500);
    delta *= 2;
    delta -= second;
    check!(delta, Delta::from_secs(2));
    check!(Delta::from_secs(7) / delta, 3);
    check!(
        Delta::from_nanos(i64::MAX) + second,
        Delta::from_nanos(i64::MAX)
    );
    check!(second.as_jiffies(), msecs_to_jiffies(1000));
    check!(Delta::from_nanos(1).as_jiffies(), 1);
    check!(Delta::from_secs(-1).as_jiffies(), 0);
    Ok(())
}

fn sleep() -> Result {
    for millis in [1, 30] {
        let (start, ticks) = (Instant::<Monotonic>::now(), jiffies());
        delay::fsleep(Delta::from_millis(millis));
        check!(start.elapsed() >= Delta::from_millis(millis));
        check!(jiffies() >= ticks);
    }
    // How long it really is depends on a calibration that means little in an emulator.
    delay::udelay(Delta::from_micros(50));
    let spun = |millis| {
        let start = Instant::<Monotonic>::now();
        delay::udelay(Delta::from_millis(millis));
        start.elapsed()
    };
    let one = (0..3).map(|_| spun(1)).min().unwrap_or_default();
    check!(spun(4) > one * 2);
    Ok(())
}

fn task() -> Result {
    let task = current!();
    check!(task.pid() > 0);
    check!(task.pid(), task.tgid());
    check!(task.group_leader() == &**task);
    check!(task.uid(), task.euid());
    check!(task.uid().into_uid_in_init_ns(), 0);
    // Whoever loads modules.
    check!(matches!(
        task.comm().to_bytes(),
        b"insmod" | b"busybox" | b"init"
    ));
    check!(!task.signal_pending());
    Ok(())
}
