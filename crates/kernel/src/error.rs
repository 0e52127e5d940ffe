// SPDX-License-Identifier: GPL-2.0

//! The kernel's errors: an [`Error`] is an errno that C code would return negated.

use crate::ffi::c_int;
use core::fmt;
use core::num::NonZeroI32;

/// The errno values, as constants of type [`Error`].
pub mod code {
    use super::Error;

    macro_rules! declare {
        ($($name:ident: $doc:literal;)*) => {
            $(
                #[doc = concat!($doc, ".")]
                pub const $name: Error = Error::from_errno_const(-(bindings::$name as i32));
            )*

            /// Returns the name of an errno (a positive number), where it has one.
            pub(super) const fn name(errno: i32) -> Option<&'static str> {
                $(
                    if errno == bindings::$name as i32 {
                        return Some(stringify!($name));
                    }
                )*
                None
            }
        };
    }

    declare! {
        EPERM: "Operation not permitted";
        ENOENT: "No such file or directory";
        ESRCH: "No such process";
        EINTR: "Interrupted system call";
        EIO: "I/O error";
        ENXIO: "No such device or address";
        E2BIG: "Argument list too long";
        ENOEXEC: "Exec format error";
        EBADF: "Bad file number";
        ECHILD: "No child processes";
        EAGAIN: "Try again";
        ENOMEM: "Out of memory";
        EACCES: "Permission denied";
        EFAULT: "Bad address";
        ENOTBLK: "Block device required";
        EBUSY: "Device or resource busy";
        EEXIST: "File exists";
        EXDEV: "Cross-device link";
        ENODEV: "No such device";
        ENOTDIR: "Not a directory";
        EISDIR: "Is a directory";
        EINVAL: "Invalid argument";
        ENFILE: "File table overflow";
        EMFILE: "Too many open files";
        ENOTTY: "Not a typewriter";
        ETXTBSY: "Text file busy";
        EFBIG: "File too large";
        ENOSPC: "No space left on device";
        ESPIPE: "Illegal seek";
        EROFS: "Read-only file system";
        EMLINK: "Too many links";
        EPIPE: "Broken pipe";
        EDOM: "Math argument out of domain of func";
        ERANGE: "Math result not representable";
        EDEADLK: "Resource deadlock would occur";
        ENAMETOOLONG: "File name too long";
        ENOLCK: "No record locks available";
        ENOSYS: "Invalid system call number";
        ENOTEMPTY: "Directory not empty";
        ELOOP: "Too many symbolic links encountered";
        ENOMSG: "No message of desired type";
        ENODATA: "No data available";
        ETIME: "Timer expired";
        EPROTO: "Protocol error";
        EBADMSG: "Not a data message";
        EOVERFLOW: "Value too large for defined data type";
        EILSEQ: "Illegal byte sequence";
        EUSERS: "Too many users";
        EMSGSIZE: "Message too long";
        EOPNOTSUPP: "Operation not supported on transport endpoint";
        EADDRINUSE: "Address already in use";
        EADDRNOTAVAIL: "Cannot assign requested address";
        ENETDOWN: "Network is down";
        ENETUNREACH: "Network is unreachable";
        ECONNABORTED: "Software caused connection abort";
        ECONNRESET: "Connection reset by peer";
        ENOBUFS: "No buffer space available";
        EISCONN: "Transport endpoint is already connected";
        ENOTCONN: "Transport endpoint is not connected";
        ETIMEDOUT: "Connection timed out";
        ECONNREFUSED: "Connection refused";
        EHOSTUNREACH: "No route to host";
        EALREADY: "Operation already in progress";
        EINPROGRESS: "Operation now in progress";
        ESTALE: "Stale file handle";
        EDQUOT: "Quota exceeded";
        ECANCELED: "Operation canceled";
        EOWNERDEAD: "Owner died";
        ENOTRECOVERABLE: "State not recoverable";
        ERESTARTSYS: "Restart the system call";
        ERESTARTNOINTR: "System call was interrupted by a signal and will be restarted";
        ERESTARTNOHAND: "Restart if no handler";
        ENOIOCTLCMD: "No ioctl command";
        ERESTART_RESTARTBLOCK: "Restart by calling sys_restart_syscall";
        EPROBE_DEFER: "Driver requests probe retry";
        EOPENSTALE: "Open found a stale dentry";
        ENOPARAM: "Parameter not supported";
        EBADHANDLE: "Illegal NFS file handle";
        ENOTSYNC: "Update synchronization mismatch";
        EBADCOOKIE: "Cookie is stale";
        ENOTSUPP: "Operation is not supported";
        ETOOSMALL: "Buffer or request is too small";
        ESERVERFAULT: "An untranslatable error occurred";
        EBADTYPE: "Type not supported by server";
        EJUKEBOX: "Request initiated, but will not complete before timeout";
        EIOCBQUEUED: "iocb queued, will get completion event";
        ERECALLCONFLICT: "Conflict with recalled state";
    }
}

/// The largest errno (include/linux/err.h).
const MAX_ERRNO: c_int = 4095;

/// An error of the kernel: a negative errno.
///
/// # Invariants
///
/// The number lies in `-4095..=-1`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroI32);

/// A [`core::result::Result`] with the kernel's [`Error`].
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

impl Error {
    /// Makes an error of what C code returned: a negative errno.
    ///
    /// A number that is no negative errno is a mistake of who returned it; it becomes `EINVAL`.
    #[must_use]
    pub const fn from_errno(errno: c_int) -> Self {
        match Self::try_from_errno(errno) {
            Some(error) => error,
            None => code::EINVAL,
        }
    }

    /// Makes an error of a negative errno, if it is one.
    const fn try_from_errno(errno: c_int) -> Option<Self> {
        if errno < -MAX_ERRNO || errno >= 0 {
            return None;
        }
        // INVARIANT: checked above.
        match NonZeroI32::new(errno) {
            Some(errno) => Some(Self(errno)),
            None => None,
        }
    }

    /// As `try_from_errno`, for constants.
    const fn from_errno_const(errno: c_int) -> Self {
        match Self::try_from_errno(errno) {
            Some(error) => error,
            None => panic!("not a negative errno"),
        }
    }

    /// Returns the negative errno, as C code wants it.
    #[must_use]
    pub const fn to_errno(self) -> c_int {
        self.0.get()
    }

    /// Returns the errno as a pointer, as C's `ERR_PTR`.
    #[must_use]
    pub fn to_ptr<T>(self) -> *mut T {
        self.0.get() as isize as *mut T
    }

    /// Returns the errno's name (`EINVAL`), where it has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        code::name(-self.0.get())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.debug_tuple(name).finish(),
            None => f.debug_tuple("Error").field(&-self.0.get()).finish(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl core::error::Error for Error {}

macro_rules! convert {
    ($($from:ty => $to:ident;)*) => {
        $(impl From<$from> for Error {
            fn from(_: $from) -> Self {
                code::$to
            }
        })*
    };
}

convert! {
    crate::alloc::AllocError => ENOMEM;
    core::alloc::LayoutError => ENOMEM;
    core::array::TryFromSliceError => EINVAL;
    core::char::CharTryFromError => EINVAL;
    core::ffi::FromBytesUntilNulError => EINVAL;
    core::ffi::FromBytesWithNulError => EINVAL;
    core::fmt::Error => EINVAL;
    core::num::ParseIntError => EINVAL;
    core::num::TryFromIntError => EINVAL;
    core::str::ParseBoolError => EINVAL;
    core::str::Utf8Error => EINVAL;
    rust_alloc::collections::TryReserveError => ENOMEM;
    rust_alloc::ffi::NulError => EINVAL;
    rust_alloc::string::FromUtf8Error => EINVAL;
}

impl From<core::convert::Infallible> for Error {
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}

/// Turns what a C function returned (negative: an errno) into a [`Result`].
///
/// # Errors
///
/// Returns the error that a negative number stands for.
pub fn to_result(returned: c_int) -> Result {
    if returned < 0 {
        return Err(Error::from_errno(returned));
    }
    Ok(())
}

/// Turns a pointer that C code returned (`ERR_PTR`: an errno) into a [`Result`].
///
/// # Errors
///
/// Returns the error that the pointer stands for.
pub fn from_err_ptr<T>(ptr: *mut T) -> Result<*mut T> {
    let address = ptr as isize;
    match c_int::try_from(address) {
        Ok(errno) if (-MAX_ERRNO..0).contains(&errno) => Err(Error::from_errno(errno)),
        _ => Ok(ptr),
    }
}

/// Runs `f` for C code: its `Ok` as it is, its error as a negative errno.
pub fn from_result<T: From<i16>>(f: impl FnOnce() -> Result<T>) -> T {
    match f() {
        Ok(value) => value,
        // An errno is at most 4095, which all that C returns one in can hold.
        #[allow(clippy::cast_possible_truncation)]
        Err(error) => T::from(error.to_errno() as i16),
    }
}
