// SPDX-License-Identifier: GPL-2.0

//! A kernel module that uses crates from crates.io.

#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use hashbrown::HashMap;
use kernel::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

module! {
    type: WithCrates,
    name: "with_crates",
    description: "A module that uses crates from crates.io",
    license: "GPL",
}

struct WithCrates;

impl kernel::Module for WithCrates {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        count_words("the quick fox and the lazy dog and the end");
        keep_the_largest(&[3, 141, 59, 26, 535, 8, 97]);
        send_and_receive()?;
        pr_info!("sha2: {}\n", hexadecimal(&Sha256::digest(b"abc")));
        Ok(WithCrates)
    }
}

/// A hash map, on the kernel's heap.
fn count_words(text: &str) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split(' ') {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().filter(|&(_, count)| count > 1).collect();
    sorted.sort_unstable();
    pr_info!("hashbrown: {:?}\n", sorted);
}

/// A heap of four places that lies on the stack: what does not fit is an error.
fn keep_the_largest(numbers: &[u32]) {
    use heapless::binary_heap::{BinaryHeap, Min};
    let mut largest: BinaryHeap<u32, Min, 4> = BinaryHeap::new();
    for &number in numbers {
        if let Err(refused) = largest.push(number) {
            if largest.peek().is_some_and(|&least| least < refused) {
                largest.pop();
                largest.push(refused).unwrap_or_default();
            }
        }
    }
    let sorted = largest.into_vec();
    pr_info!(
        "heapless: {} of 4 places, least {}\n",
        sorted.len(),
        sorted[0]
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Command {
    Stop,
    Move { x: i32, y: i32 },
    Say(String),
}

/// Values as bytes, and back.
fn send_and_receive() -> Result {
    let sent = [
        Command::Move { x: -1, y: 300 },
        Command::Say(String::from("über")),
        Command::Stop,
    ];
    let bytes = postcard::to_allocvec(&sent).map_err(|_| ENOMEM)?;
    let received: [Command; 3] = postcard::from_bytes(&bytes).map_err(|_| EINVAL)?;
    pr_info!("serde: {:?} in {} bytes\n", received, bytes.len());
    pr_info!("serde: {}\n", hexadecimal(&bytes));
    let half = postcard::from_bytes::<[Command; 3]>(&bytes[..4]);
    pr_info!("serde: a half message: {:?}\n", half.err());
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| alloc::format!("{byte:02x}"))
        .collect()
}

impl Drop for WithCrates {
    fn drop(&mut self) {
        pr_info!("goodbye\n");
    }
}
