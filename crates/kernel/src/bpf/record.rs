// SPDX-License-Identifier: GPL-2.0

//! What is said of a kfunc to the build, and what is refused before.

/// What there is to know of a type that a kfunc takes or gives back.
#[allow(clippy::struct_excessive_bools)] // each is a question of its own
#[derive(Clone, Copy)]
pub struct Facts {
    /// Its name in a record.
    pub type_: &'static str,
    /// Whether a second register has its size.
    pub has_size: bool,
    /// Whether the pointer has to be one that the verifier trusts.
    pub trusted: bool,
    /// Whether it is a reference that is counted.
    pub owned: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether more has to hold than the verifier knows.
    pub needs_unsafe: bool,
}

impl Facts {
    /// Makes those of a plain value.
    #[must_use]
    pub const fn plain(type_: &'static str) -> Self {
        Self {
            type_,
            has_size: false,
            trusted: false,
            owned: false,
            nullable: false,
            needs_unsafe: false,
        }
    }
}

/// What the attribute says.
#[allow(clippy::struct_excessive_bools)] // that is what flags are
pub struct Asked {
    /// `acquire`
    pub acquire: bool,
    /// `release`
    pub release: bool,
    /// `ret_null`
    pub ret_null: bool,
    /// `trusted_args`, and no flag that takes some of it back
    pub trusted: bool,
    /// The function is an `unsafe fn`.
    pub is_unsafe: bool,
}

/// Refuses a kfunc whose flags are not those of its types.
///
/// # Panics
///
/// That is how it refuses, while the module is compiled.
pub const fn check(asked: &Asked, arguments: &[Facts], returned: Facts) {
    assert!(
        returned.owned == asked.acquire,
        "`acquire` is for a function that gives back an `Arc` or an `ARef`, and such a one says so"
    );
    assert!(
        returned.nullable == asked.ret_null,
        "`ret_null` is for a function that gives back an `Option`, and such a one says so"
    );
    let (mut registers, mut owned, mut next) = (0, 0, 0);
    while next < arguments.len() {
        let argument = arguments[next];
        registers += 1;
        if argument.has_size {
            registers += 1;
        }
        if argument.owned {
            owned += 1;
        }
        assert!(
            !argument.trusted || asked.trusted || asked.is_unsafe,
            "a reference to a structure is valid where the flag is `trusted_args`, without `rcu`; \
             or the function is an `unsafe fn`"
        );
        assert!(
            !argument.needs_unsafe || asked.is_unsafe,
            "the verifier does not know that nobody else uses the memory: take `Memory`, or make \
             the function an `unsafe fn`"
        );
        next += 1;
    }
    assert!(
        registers <= 5,
        "a program has five registers for arguments; memory takes two"
    );
    assert!(
        (owned == 1) == asked.release && owned < 2,
        "`release` is for a function that takes one `Arc` or `ARef`, and such a one says so"
    );
}

/// Returns what stands for the size of an argument in a record, if it has one.
#[must_use]
pub const fn size(facts: Facts, text: &'static str) -> &'static str {
    if facts.has_size {
        text
    } else {
        ""
    }
}

/// Returns how long texts are together.
#[must_use]
pub const fn len(texts: &[&str]) -> usize {
    let (mut sum, mut next) = (0, 0);
    while next < texts.len() {
        sum += texts[next].len();
        next += 1;
    }
    sum
}

/// Writes a number, with zeroes before it.
#[must_use]
pub const fn digits(mut number: usize) -> [u8; 10] {
    let mut text = [b'0'; 10];
    let mut at = text.len();
    loop {
        at -= 1;
        #[allow(clippy::cast_possible_truncation)] // a digit
        let digit = (number % 10) as u8;
        text[at] = b'0' + digit;
        number /= 10;
        if number == 0 {
            return text;
        }
    }
}

/// Joins texts that are `LEN` bytes long together.
#[must_use]
pub const fn join<const LEN: usize>(texts: &[&str]) -> [u8; LEN] {
    let mut joined = [0; LEN];
    let (mut at, mut next) = (0, 0);
    while next < texts.len() {
        let text = texts[next].as_bytes();
        let mut index = 0;
        while index < text.len() {
            joined[at] = text[index];
            at += 1;
            index += 1;
        }
        next += 1;
    }
    joined
}
