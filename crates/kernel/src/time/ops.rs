// SPDX-License-Identifier: GPL-2.0

//! Reckoning with moments and lengths of time. What would be too long becomes the longest.

use super::{ClockSource, Delta, Instant};
use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Sub, SubAssign};

impl<C: ClockSource> Add<Delta> for Instant<C> {
    type Output = Self;

    fn add(self, delta: Delta) -> Self {
        Self(self.0.saturating_add(delta.0), PhantomData)
    }
}

impl<C: ClockSource> Sub<Delta> for Instant<C> {
    type Output = Self;

    fn sub(self, delta: Delta) -> Self {
        Self(self.0.saturating_sub(delta.0), PhantomData)
    }
}

impl<C: ClockSource> Sub for Instant<C> {
    type Output = Delta;

    fn sub(self, earlier: Self) -> Delta {
        Delta(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Delta {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Delta {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Delta {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Delta {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul<i64> for Delta {
    type Output = Self;

    fn mul(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl MulAssign<i64> for Delta {
    fn mul_assign(&mut self, times: i64) {
        *self = *self * times;
    }
}

/// How often one fits into the other. As with numbers, it panics where that has no length.
impl Div for Delta {
    type Output = i64;

    fn div(self, other: Self) -> i64 {
        self.0 / other.0
    }
}
