// SPDX-License-Identifier: GPL-2.0

//! Numbers: parameters, errnos, ioctls, times, versions.

use kernel::error::{code, from_err_ptr, from_result, to_result, Error};
use kernel::ioctl::{_IO, _IOC_DIR, _IOC_NR, _IOC_SIZE, _IOC_TYPE, _IOR, _IOW, _IOWR};
use kernel::module_param::ModuleParam;
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::time::{Delta, Instant, Monotonic};
use kernel::version::kernel_version;

fn read<T: ModuleParam>(text: &str) -> Result<T, Error> {
    T::try_from_param_arg(text)
}

#[test]
fn a_parameter_is_read_as_the_kernel_reads_it() {
    assert_eq!(read("0x7f"), Ok(127_i8));
    assert_eq!(read("-0200"), Ok(-128_i8));
    assert_eq!(read::<i8>("128"), Err(code::ERANGE));
    assert_eq!(read::<i8>("-129"), Err(code::ERANGE));
    assert_eq!(read("+18446744073709551615"), Ok(u64::MAX));
    assert_eq!(read::<u64>("18446744073709551616"), Err(code::ERANGE));
    assert_eq!(read("-9223372036854775808"), Ok(i64::MIN));
    assert_eq!(read::<i64>("-9223372036854775809"), Err(code::ERANGE));
    assert_eq!(read("0"), Ok(0_u16));
    for wrong in [
        "", "-", "+", "0x", "09", "1 ", " 1", "ten", "1_0", "--1", "0xg",
    ] {
        assert_eq!(read::<i32>(wrong), Err(code::EINVAL), "{wrong:?}");
    }
    assert_eq!(read::<u32>("-1"), Err(code::EINVAL));
}

#[test]
fn a_truth_value_is_read_by_its_first_letters() {
    for text in ["y", "Y", "1", "yes", "on", "true"] {
        assert_eq!(read(text), Ok(true), "{text}");
    }
    for text in ["n", "N", "0", "no", "off", "false"] {
        assert_eq!(read(text), Ok(false), "{text}");
    }
    for text in ["", "o", "maybe", "2"] {
        assert_eq!(read::<bool>(text), Err(code::EINVAL), "{text}");
    }
}

#[test]
fn every_number_is_read_as_it_is_shown() {
    for number in [i16::MIN, -1, 0, 1, 255, i16::MAX] {
        assert_eq!(read(&number.to_string()), Ok(number));
        assert_eq!(
            read(&format!("{:#x}", number.unsigned_abs())),
            Ok(number.unsigned_abs())
        );
    }
}

#[test]
fn an_errno_has_its_name_and_its_place_among_pointers() {
    assert_eq!(format!("{:?}", code::ENOENT), "ENOENT");
    assert_eq!(Error::from_errno(-2), code::ENOENT);
    assert_eq!(code::ENOENT.name(), Some("ENOENT"));
    assert_eq!(
        from_err_ptr(code::EBUSY.to_ptr::<u8>()).err(),
        Some(code::EBUSY)
    );
    for pointer in [
        0_usize,
        1,
        0x7fff_ffff,
        0xffff_f001,
        usize::MAX - 4095,
        1 << 47,
    ] {
        let pointer = std::ptr::without_provenance_mut::<u8>(pointer);
        assert_eq!(from_err_ptr(pointer), Ok(pointer));
    }
    let last = std::ptr::without_provenance_mut::<u8>(usize::MAX - 4094);
    assert_eq!(from_err_ptr(last).err(), Some(Error::from_errno(-4095)));
}

#[test]
fn a_result_goes_to_c_and_comes_back() {
    assert_eq!(from_result(|| Err::<i32, _>(code::EINVAL)), -22);
    assert_eq!(from_result(|| Ok(7_isize)), 7);
    assert_eq!(to_result(-22), Err(code::EINVAL));
    assert_eq!(to_result(3), Ok(()));
    assert_eq!(Error::from("x".parse::<u8>().unwrap_err()), code::EINVAL);
}

#[test]
fn ioctls_have_the_numbers_of_the_headers() {
    // TUNSETIFF, TCGETS, SIOCGSTAMPNS_NEW, BLKPG: as C programs have them on x86.
    assert_eq!(_IOW::<i32>(u32::from(b'T'), 202), 0x4004_54ca);
    assert_eq!(_IO(u32::from(b'T'), 1), 0x5401);
    assert_eq!(_IOR::<[i64; 2]>(0x89, 7), 0x8010_8907);
    let both = _IOWR::<[u8; 4096]>(0xab, 3);
    assert_eq!(
        (
            _IOC_DIR(both),
            _IOC_TYPE(both),
            _IOC_NR(both),
            _IOC_SIZE(both)
        ),
        (3, 0xab, 3, 4096)
    );
}

#[test]
#[should_panic(expected = "the argument is too large")]
fn an_ioctl_has_no_larger_argument_than_fits() {
    let _ = _IOW::<[u8; 1 << 14]>(1, 1);
}

#[test]
fn spans_of_time_end_where_their_numbers_do() {
    assert_eq!(Delta::from_millis(2).as_nanos(), 2_000_000);
    assert_eq!(Delta::from_secs(i64::MAX).as_nanos(), i64::MAX);
    assert_eq!(Delta::from_nanos(1).as_micros_ceil(), 1);
    assert_eq!(Delta::from_nanos(1_000_001).as_micros_ceil(), 1001);
    assert_eq!(Delta::from_nanos(-1_999_999).as_millis(), -1);
    assert!(Delta::from_nanos(-1).is_negative() && Delta::from_nanos(0).is_zero());
}

#[test]
fn what_is_longer_ago_than_can_be_said_is_as_long_ago_as_can_be() {
    let longest = Delta::from_nanos(i64::MAX);
    let begin = Instant::<Monotonic>::now() - longest - longest;
    assert_eq!(begin.elapsed(), longest);
}

#[test]
fn an_atomic_has_the_type_of_what_it_is_made_of() {
    static UP: Atomic<bool> = Atomic::new(true);
    let count = Atomic::new(-1_i8);
    count.add(3, Full);
    assert_eq!((UP.xchg(false, Full), count.load(Relaxed)), (true, 2));
    assert_eq!(
        Atomic::new(u64::MAX).cmpxchg(u64::MAX, 7, Relaxed),
        Ok(u64::MAX)
    );
}

#[test]
fn versions_are_ordered_as_releases_are() {
    assert_eq!(kernel_version(6, 12, 1), 0x0006_0c01);
    assert!(kernel_version(6, 1, 255) < kernel_version(6, 2, 0));
    assert_eq!(kernel_version(6, 1, 300), kernel_version(6, 1, 255));
}
