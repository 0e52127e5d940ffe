// SPDX-License-Identifier: GPL-2.0

//! What a crate does whose work is done by C.

use core::ffi::c_void;
use core::ptr::null_mut;
use kernel::prelude::*;

const TEXT: &[u8] = b"the same words, the same words, the same words, the same words";

/// Packs and unpacks with zstd; returns the size of what was packed.
pub(crate) fn zstd() -> Result<usize> {
    let mut packed = KVec::from_elem(0u8, 128, GFP_KERNEL)?;
    let mut again = KVec::from_elem(0u8, TEXT.len(), GFP_KERNEL)?;
    // SAFETY: contexts are made and freed once, and both buffers are as large as is said.
    let (size, unpacked) = unsafe {
        let writer = zstd_sys::ZSTD_createCCtx();
        let size = zstd_sys::ZSTD_compressCCtx(
            writer,
            packed.as_mut_ptr().cast::<c_void>(),
            packed.len(),
            TEXT.as_ptr().cast::<c_void>(),
            TEXT.len(),
            3,
        );
        zstd_sys::ZSTD_freeCCtx(writer);
        let reader = zstd_sys::ZSTD_createDCtx();
        if reader == null_mut() || size > packed.len() {
            return Err(EINVAL);
        }
        let unpacked = zstd_sys::ZSTD_decompressDCtx(
            reader,
            again.as_mut_ptr().cast::<c_void>(),
            again.len(),
            packed.as_ptr().cast::<c_void>(),
            size,
        );
        zstd_sys::ZSTD_freeDCtx(reader);
        (size, unpacked)
    };
    if unpacked != TEXT.len() || again[..] != *TEXT {
        return Err(EINVAL);
    }
    Ok(size)
}
