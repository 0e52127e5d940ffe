// SPDX-License-Identifier: GPL-2.0

//! The chains, and what those in them are told.

use super::{Chain, Sealed};
use crate::ffi::{c_int, c_ulong, c_void};
#[cfg(CONFIG_NET)]
use crate::net::NetDevice;
use crate::str::CStr;

/// The machine is about to restart, halt or power off.
pub enum Reboot {}

/// What the machine is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebootEvent {
    /// Restart (`SYS_RESTART`).
    Restart,
    /// Halt (`SYS_HALT`).
    Halt,
    /// Power off (`SYS_POWER_OFF`).
    PowerOff,
    /// Something else.
    Other(usize),
}

/// A module comes, lives or goes.
pub enum Module {}

/// What happens to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleState {
    /// Its init has run (`MODULE_STATE_LIVE`).
    Live,
    /// Its init is about to run (`MODULE_STATE_COMING`).
    Coming,
    /// Its exit has run, or its init failed (`MODULE_STATE_GOING`).
    Going,
    /// Something else.
    Other(usize),
}

/// What happens to which module.
#[derive(Clone, Copy, Debug)]
pub struct ModuleEvent<'a> {
    /// What happens.
    pub state: ModuleState,
    /// The module's name.
    pub name: &'a CStr,
}

macro_rules! chain {
    ($name:ident: $register:ident, $unregister:ident;
     |$event:ident, $data:ident| -> $result:ty { $make:expr }) => {
        impl Sealed for $name {}

        // SAFETY: both are of one chain, whose lock the second waits for, and which gives such data.
        unsafe impl Chain for $name {
            type Event<'a> = $result;

            unsafe fn register(block: *mut bindings::notifier_block) -> c_int {
                // SAFETY: the caller's promise.
                unsafe { bindings::$register(block) }
            }

            unsafe fn unregister(block: *mut bindings::notifier_block) {
                // SAFETY: the caller's promise.
                unsafe { bindings::$unregister(block) };
            }

            unsafe fn event<'a>($event: c_ulong, $data: *mut c_void) -> Self::Event<'a> {
                $make
            }
        }
    };
}

chain! {
    Reboot: register_reboot_notifier, unregister_reboot_notifier;
    |event, _data| -> RebootEvent {
        match u32::try_from(event) {
            Ok(bindings::SYS_RESTART) => RebootEvent::Restart,
            Ok(bindings::SYS_HALT) => RebootEvent::Halt,
            Ok(bindings::SYS_POWER_OFF) => RebootEvent::PowerOff,
            _ => RebootEvent::Other(event),
        }
    }
}

chain! {
    Module: register_module_notifier, unregister_module_notifier;
    |event, data| -> ModuleEvent<'a> {
        ModuleEvent {
            state: match u32::try_from(event) {
                Ok(bindings::MODULE_STATE_LIVE) => ModuleState::Live,
                Ok(bindings::MODULE_STATE_COMING) => ModuleState::Coming,
                Ok(bindings::MODULE_STATE_GOING) => ModuleState::Going,
                _ => ModuleState::Other(event),
            },
            // SAFETY: the chain gives a module, whose name is a string that never changes.
            name: unsafe { CStr::from_ptr((*data.cast::<bindings::module>()).name.as_ptr().cast()) },
        }
    }
}

/// Something happens to a network device, in any network namespace. Who takes a place is told at
/// once of the devices that are there, and, when giving it up, that they go. Who is told has the lock
/// of all network devices (RTNL): they must not take or give up such a place themselves.
#[cfg(CONFIG_NET)]
pub enum Net {}

/// What happens to which network device.
#[cfg(CONFIG_NET)]
#[derive(Clone, Copy)]
pub struct NetEvent<'a> {
    /// What happens.
    pub kind: NetEventKind,
    /// The device.
    pub device: &'a NetDevice,
}

/// What happens to a network device: one of the constants.
#[cfg(CONFIG_NET)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetEventKind(pub usize);

#[cfg(CONFIG_NET)]
chain! {
    Net: register_netdevice_notifier, unregister_netdevice_notifier;
    |event, data| -> NetEvent<'a> {
        NetEvent {
            kind: NetEventKind(event),
            // SAFETY: the chain gives this, with a device that exists while it is told.
            device: unsafe { NetDevice::from_raw((*data.cast::<bindings::netdev_notifier_info>()).dev) },
        }
    }
}

/// Names C's `enum netdev_cmd`.
macro_rules! net_events {
    ($($(#[$doc:meta])* $name:ident = $constant:ident;)*) => {
        #[cfg(CONFIG_NET)]
        impl NetEventKind {
            $(
                $(#[$doc])*
                pub const $name: Self = Self(bindings::$constant as usize);
            )*
        }
    };
}

net_events! {
    /// It was registered.
    REGISTER = NETDEV_REGISTER;
    /// It is being unregistered.
    UNREGISTER = NETDEV_UNREGISTER;
    /// It is about to be set up.
    PRE_UP = NETDEV_PRE_UP;
    /// It was set up.
    UP = NETDEV_UP;
    /// It is about to be set down.
    GOING_DOWN = NETDEV_GOING_DOWN;
    /// It was set down.
    DOWN = NETDEV_DOWN;
    /// Its state changed: its carrier, for one.
    CHANGE = NETDEV_CHANGE;
    /// It has another name.
    CHANGE_NAME = NETDEV_CHANGENAME;
    /// It has another MTU.
    CHANGE_MTU = NETDEV_CHANGEMTU;
    /// It has another address.
    CHANGE_ADDR = NETDEV_CHANGEADDR;
    /// It became part of another device, or no longer is.
    CHANGE_UPPER = NETDEV_CHANGEUPPER;
}
