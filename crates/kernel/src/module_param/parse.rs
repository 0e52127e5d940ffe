// SPDX-License-Identifier: GPL-2.0

//! Reading numbers and truth values as the kernel does (lib/kstrtox.c).

// The bits of a number are kept in 64 and taken back as what they were.
#![allow(
    clippy::cast_lossless,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use super::ModuleParam;
use crate::error::{code::EINVAL, code::ERANGE, Result};
use core::fmt::Display;

/// Reads a number without a sign: `0x` hexadecimal, `0` octal, else decimal.
fn magnitude(text: &str) -> Result<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    if digits.is_empty() {
        return Err(EINVAL);
    }
    let mut number: u64 = 0;
    for digit in digits.chars() {
        let digit = digit.to_digit(radix).ok_or(EINVAL)?;
        number = number
            .checked_mul(u64::from(radix))
            .and_then(|number| number.checked_add(u64::from(digit)))
            .ok_or(ERANGE)?;
    }
    Ok(number)
}

macro_rules! signed {
    ($($type:ty)*) => {
        $(impl ModuleParam for $type {
            fn try_from_param_arg(arg: &str) -> Result<Self> {
                let number = match arg.strip_prefix('-') {
                    // The least number has no positive counterpart.
                    Some(rest) => 0_i64.checked_sub_unsigned(magnitude(rest)?),
                    None => i64::try_from(magnitude(arg.strip_prefix('+').unwrap_or(arg))?).ok(),
                };
                Self::try_from(number.ok_or(ERANGE)?).map_err(|_| ERANGE)
            }

            fn to_bits(self) -> u64 {
                self as u64
            }

            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
        })*
    };
}

macro_rules! unsigned {
    ($($type:ty)*) => {
        $(impl ModuleParam for $type {
            fn try_from_param_arg(arg: &str) -> Result<Self> {
                let number = magnitude(arg.strip_prefix('+').unwrap_or(arg))?;
                Self::try_from(number).map_err(|_| ERANGE)
            }

            fn to_bits(self) -> u64 {
                self as u64
            }

            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
        })*
    };
}

signed! { i8 i16 i32 i64 isize }
unsigned! { u8 u16 u32 u64 usize }

impl ModuleParam for bool {
    const ALONE: Option<Self> = Some(true);

    fn try_from_param_arg(arg: &str) -> Result<Self> {
        match arg.as_bytes() {
            [b'y' | b'Y' | b't' | b'T' | b'1', ..] | [b'o' | b'O', b'n' | b'N', ..] => Ok(true),
            [b'n' | b'N' | b'f' | b'F' | b'0', ..] | [b'o' | b'O', b'f' | b'F', ..] => Ok(false),
            _ => Err(EINVAL),
        }
    }

    fn show(&self) -> &dyn Display {
        if *self {
            &"Y"
        } else {
            &"N"
        }
    }

    fn to_bits(self) -> u64 {
        u64::from(self)
    }

    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
}
