// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! semver = { version = "1", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let version = semver::Version::parse("1.2.3-rc.1").unwrap();
    format!(
        "{version} {}",
        semver::VersionReq::parse(">=1.2")
            .unwrap()
            .matches(&version)
    )
}
