//! What each device can do, and what it refuses.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

const EINVAL: Option<i32> = Some(22);
const ESPIPE: Option<i32> = Some(29);

fn device(minor: u32) -> File {
    let path = format!("/dev/carried_chrdev{minor}");
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap()
}

fn read<const N: usize>(file: &mut File) -> [u8; N] {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn digits_go_on_where_the_last_ones_ended() {
    let mut file = device(0);
    assert_eq!(&read::<12>(&mut file), b"123456789123");
    assert_eq!(&read::<5>(&mut file), b"45678");
    let mut bytes = [0; 5];
    file.read_exact_at(&mut bytes, 7).unwrap();
    assert_eq!(&bytes, b"89123");
    assert_eq!(file.read(&mut []).unwrap(), 0);
}

#[test]
fn what_a_device_cannot_do_is_refused() {
    assert_eq!(device(0).write(b"1").unwrap_err().raw_os_error(), EINVAL);
    assert_eq!(
        device(1).read(&mut [0; 12]).unwrap_err().raw_os_error(),
        EINVAL
    );
    assert_eq!(device(1).write(b"1").unwrap_err().raw_os_error(), EINVAL);
    for to in [
        SeekFrom::Start(12),
        SeekFrom::End(-12),
        SeekFrom::Current(12),
    ] {
        assert_eq!(device(0).seek(to).unwrap_err().raw_os_error(), ESPIPE);
    }
    assert!(File::open("/dev/carried_chrdev3").is_err());
}

#[test]
fn there_is_one_place_to_go_to() {
    let mut file = device(1);
    for to in [
        SeekFrom::Start(12),
        SeekFrom::End(-12),
        SeekFrom::Current(12),
    ] {
        assert_eq!(file.seek(to).unwrap(), 1234);
    }
    let far = file.seek(SeekFrom::Start(u64::MAX));
    assert_eq!(far.unwrap_err().raw_os_error(), EINVAL);
}

#[test]
fn bytes_are_counted_for_each_file() {
    let (mut one, mut other) = (device(2), device(2));
    assert_eq!(one.write(&[1, 2, 3]).unwrap(), 3);
    assert_eq!(&read::<2>(&mut one), b"3\n");
    assert_eq!(one.write(&[1, 2, 3, 4, 5]).unwrap(), 5);
    assert_eq!(&read::<2>(&mut one), b"8\n");
    assert_eq!(&read::<2>(&mut other), b"0\n");
}
