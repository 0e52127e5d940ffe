// SPDX-License-Identifier: GPL-2.0

//! What is in a mounted file system.

use crate::alloc::{flags::GFP_KERNEL, KVVec, KVec};
use crate::error::{code::EEXIST, code::EINVAL, code::ENAMETOOLONG, Result};
use crate::str::{CStr, CString};

/// The longest name of a file, in bytes: `NAME_MAX` of include/uapi/linux/limits.h.
pub(super) const NAME_MAX: usize = 255;

/// All files of a file system. The root is the first; an inode's number is the place here, plus one.
pub(super) struct Tree {
    nodes: KVVec<Node>,
    seconds: i64,
}

pub(super) struct Node {
    pub(super) parent: usize,
    pub(super) name: KVec<u8>,
    pub(super) mode: u16,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// With so many directories in it.
    Directory(u32),
    File(KVVec<u8>),
    Symlink(CString),
}

impl Tree {
    pub(super) fn new() -> Result<Self> {
        let mut nodes = KVVec::new();
        nodes.push(
            Node {
                parent: 0,
                name: KVec::new(),
                mode: 0o555,
                kind: Kind::Directory(0),
            },
            GFP_KERNEL,
        )?;
        // SAFETY: it has no precondition.
        let now = unsafe { bindings::rust_helper_ktime_get_real() };
        Ok(Self {
            nodes,
            seconds: now / 1_000_000_000,
        })
    }

    /// Returns when it was made, since 1970: the time of all files.
    pub(super) fn seconds(&self) -> i64 {
        self.seconds
    }

    pub(super) fn root(&mut self) -> Directory<'_> {
        Directory {
            tree: self,
            place: 0,
        }
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the files of a directory from a place on, and where each is.
    pub(super) fn children(&self, of: usize, from: usize) -> impl Iterator<Item = (usize, &Node)> {
        // The root is its own parent, and no child.
        let from = from.max(1);
        let nodes = self.nodes.iter().enumerate().skip(from);
        nodes.filter(move |(_, node)| node.parent == of)
    }

    pub(super) fn find(&self, of: usize, name: &[u8]) -> Option<usize> {
        let mut children = self.children(of, 0);
        Some(children.find(|(_, node)| *node.name == *name)?.0)
    }
}

/// A directory that is being filled.
pub struct Directory<'a> {
    tree: &'a mut Tree,
    place: usize,
}

impl Directory<'_> {
    /// Puts a file in, with the permissions `mode`, as `0o444`.
    ///
    /// # Errors
    ///
    /// `EEXIST` where there is a file of this name, `EINVAL` for a name that is none,
    /// `ENAMETOOLONG`, `ENOMEM`.
    pub fn add_file(&mut self, name: &str, mode: u16, contents: &[u8]) -> Result {
        let mut copy = KVVec::new();
        copy.extend_from_slice(contents, GFP_KERNEL)?;
        self.add(name, mode, Kind::File(copy))?;
        Ok(())
    }

    /// Puts a symbolic link in.
    ///
    /// # Errors
    ///
    /// As [`add_file`](Self::add_file); also `EINVAL` for an empty target, `ENAMETOOLONG` for one
    /// that is longer than a path can be.
    pub fn add_symlink(&mut self, name: &str, target: &CStr) -> Result {
        match target.to_bytes().len() {
            0 => return Err(EINVAL),
            bindings::PAGE_SIZE.. => return Err(ENAMETOOLONG),
            _ => {}
        }
        self.add(name, 0o777, Kind::Symlink(target.try_into()?))?;
        Ok(())
    }

    /// Puts a directory in, to be filled in its turn.
    ///
    /// # Errors
    ///
    /// As [`add_file`](Self::add_file).
    pub fn add_directory(&mut self, name: &str, mode: u16) -> Result<Directory<'_>> {
        let place = self.add(name, mode, Kind::Directory(0))?;
        if let Kind::Directory(count) = &mut self.tree.nodes[self.place].kind {
            *count += 1;
        }
        Ok(Directory {
            tree: self.tree,
            place,
        })
    }

    fn add(&mut self, name: &str, mode: u16, kind: Kind) -> Result<usize> {
        let bytes = name.as_bytes();
        if matches!(name, "" | "." | "..") || bytes.iter().any(|byte| matches!(byte, b'/' | 0)) {
            return Err(EINVAL);
        }
        if bytes.len() > NAME_MAX {
            return Err(ENAMETOOLONG);
        }
        if self.tree.find(self.place, bytes).is_some() {
            return Err(EEXIST);
        }
        let mut copy = KVec::new();
        copy.extend_from_slice(bytes, GFP_KERNEL)?;
        let node = Node {
            parent: self.place,
            name: copy,
            mode: mode & 0o777,
            kind,
        };
        self.tree.nodes.push(node, GFP_KERNEL)?;
        Ok(self.tree.nodes.len() - 1)
    }
}
