// SPDX-License-Identifier: GPL-2.0

//! What the kernel knows: processors, users, its own version, random numbers.

use crate::{check, Check};
use core::num::NonZeroU32;
use kernel::cpu::{self, CpuId};
use kernel::cred::Kuid;
use kernel::kthread::KThread;
use kernel::new_rwlock;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::sync::{Arc, LazyLock, PerCpu, PerCpuCounter, RwLock};
use kernel::time::{delay, Delta};
use kernel::version::{kernel_version, HZ, LINUX_VERSION_CODE, UTS_RELEASE};
use kernel::{random, time};

pub(crate) const CHECKS: &[Check] = &[
    ("processors", processors),
    ("credentials", credentials),
    ("version", version),
    ("random numbers", random_),
    ("reader-writer lock", rwlock),
    ("lazy lock", lazy),
    ("values of each processor", per_cpu),
    ("counter of all processors", counter),
];

fn processors() -> Result {
    check!(CpuId::current().is_online());
    let here = cpu::get_cpu();
    check!(*here, CpuId::current());
    drop(here);
    check!(cpu::online_cpus().count(), cpu::num_online_cpus() as usize);
    check!(
        cpu::possible_cpus().count(),
        cpu::num_possible_cpus() as usize
    );
    check!(cpu::possible_cpus().all(|cpu| cpu.as_u32() < cpu::nr_cpu_ids()));
    check!(CpuId::from_u32(0), cpu::possible_cpus().next());
    check!(CpuId::from_u32(cpu::nr_cpu_ids()), None);
    check!(CpuId::from_i32(-1), None);
    Ok(())
}

fn credentials() -> Result {
    let cred = current!().cred();
    check!(cred.uid(), Kuid::current_euid());
    check!(cred.uid().into_uid_in_init_ns(), 0);
    check!((cred.euid(), cred.fsuid()), (cred.uid(), cred.uid()));
    check!(cred.gid().into_gid_in_current_ns(), 0);
    check!(cred.egid(), cred.gid());
    check!(current!().euid().into_uid_in_current_ns(), 0);
    Ok(())
}

fn version() -> Result {
    check!(kernel_version(6, 1, 300), 0x06_01_ff);
    check!(LINUX_VERSION_CODE >= kernel_version(6, 1, 0));
    check!(
        LINUX_VERSION_CODE >= kernel_version(6, 12, 0),
        cfg!(kernel_6_12)
    );
    pr_info!("ok built for {}\n", UTS_RELEASE.to_str()?);
    check!(time::msecs_to_jiffies(1000), HZ as usize);
    Ok(())
}

fn random_() -> Result {
    let mut bytes = [[0_u8; 64]; 2];
    for row in &mut bytes {
        random::get_random_bytes(row);
    }
    check!(bytes[0] != bytes[1]);
    check!(random::get_random_u64() != random::get_random_u64());
    // One in 2^64 that all are the same.
    let first = random::get_random_u32();
    check!((0..2).any(|_| random::get_random_u32() != first));
    let six = NonZeroU32::new(6).ok_or(EINVAL)?;
    let mut seen = [0; 6];
    for _ in 0..1000 {
        seen[random::get_random_u32_below(six) as usize] += 1;
    }
    check!(seen.iter().all(|&count| count > 0));
    check!(random::get_random_u32_below(NonZeroU32::MIN), 0);
    Ok(())
}

fn rwlock() -> Result {
    let lock: Pin<KBox<RwLock<u32>>> = KBox::pin_init(new_rwlock!(1, "a lock"), GFP_KERNEL)?;
    {
        let one = lock.read();
        // Not by `read`, which might wait for a writer that waits for us.
        let other = lock.try_read();
        check!(other.as_deref(), Some(&*one));
        check!(lock.try_write().is_none());
    }
    check!(*lock.read_irqsave(), 1);
    {
        let mut writer = lock.write();
        *writer += 1;
        check!(lock.try_read().is_none());
    }
    *lock.write_irqsave() += 1;
    check!(lock.try_write().as_deref().copied(), Some(3));
    Ok(())
}

static MADE: Atomic<u32> = Atomic::<u32>::new(0);
static LAZY: LazyLock<u32> = LazyLock::new(|| {
    delay::fsleep(Delta::from_millis(5));
    MADE.fetch_add(1, Full) + 41
});

fn lazy() -> Result {
    let sum = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
    let mut threads = KVec::new();
    for _ in 0..3 {
        let sum = sum.clone();
        threads.push(
            KThread::spawn(c"lazy", move || sum.add(*LAZY, Full))?,
            GFP_KERNEL,
        )?;
    }
    check!(*LAZY, 41);
    while sum.load(Relaxed) < 3 * 41 {
        delay::fsleep(Delta::from_millis(1));
    }
    check!(MADE.load(Relaxed), 1);
    Ok(())
}

fn per_cpu() -> Result {
    struct Counted(Arc<Atomic<u32>>, Atomic<u64>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.add(1, Full);
        }
    }
    let dropped = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
    let values =
        PerCpu::new(|cpu| Counted(dropped.clone(), Atomic::<u64>::new(cpu.as_u32().into())))?;
    for _ in 0..100 {
        values.get().1.add(1, Relaxed);
    }
    let possible = cpu::num_possible_cpus();
    let expected = 100 + (0..u64::from(possible)).sum::<u64>();
    let sum: u64 = values.iter().map(|(_, value)| value.1.load(Relaxed)).sum();
    check!(sum, expected);
    drop(values);
    check!(dropped.load(Relaxed), possible);
    drop(PerCpu::new(|_| ())?);
    Ok(())
}

fn counter() -> Result {
    let counter = KBox::pin_init(PerCpuCounter::new(-5), GFP_KERNEL)?;
    for amount in 1..=100 {
        counter.add(amount);
    }
    check!(counter.sum(), 5045);
    // A batch at most is left with each processor.
    check!((counter.read() - counter.sum()).abs() <= 256 * i64::from(cpu::num_possible_cpus()));
    Ok(())
}
