// SPDX-License-Identifier: GPL-2.0

//! Memory.
//!
//! The types of Rust's own `alloc` crate (`String`, `Vec`, `Box`) work: they take their memory from
//! `krealloc` with `GFP_KERNEL`, so they may sleep and must not grow in atomic context (under a
//! spin lock, in an interrupt). Where no memory is left, they have no way to say so and end the
//! thread with a message.

mod global;
