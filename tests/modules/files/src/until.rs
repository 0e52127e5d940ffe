// SPDX-License-Identifier: GPL-2.0

//! Values that are dropped, while the module stays, when a file is written.

use core::fmt;
use kernel::attribute::Attribute;
use kernel::kobject::Kobject;
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::sync::{Arc, Mutex};
use kernel::sysfs::File;

#[pin_data]
pub(crate) struct Until<T> {
    #[pin]
    value: Mutex<Option<T>>,
}

impl<T: Send + 'static> Until<T> {
    /// Makes the file in `folder`.
    pub(crate) fn written(folder: &Kobject, name: &'static CStr, value: T) -> Result<File> {
        let until = Arc::pin_init(
            pin_init!(Until {
                value <- new_mutex!(Some(value)),
            }),
            GFP_KERNEL,
        )?;
        File::new(folder, name, 0o644, until)
    }
}

impl<T: Send + 'static> Attribute for Until<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value.lock().is_some())
    }

    fn store(&self, _text: &str) -> Result {
        let value = self.value.lock().take().ok_or(ENODATA)?;
        drop(value);
        Ok(())
    }
}
