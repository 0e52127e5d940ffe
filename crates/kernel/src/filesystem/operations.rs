// SPDX-License-Identifier: GPL-2.0

//! What C calls for a file system, its directories and its files.

use super::tree::{Kind, Node, Tree, NAME_MAX};
use super::FileSystem;
use crate::alloc::{flags::GFP_KERNEL, KBox};
use crate::error::{code::ENAMETOOLONG, code::ENOMEM, from_result, to_result, Result};
use crate::ffi::{c_int, c_uint};
use crate::fs::operations::count;
use crate::iov::IovIterDest;
use crate::str::CStrExt;
use core::marker::PhantomData;

// SAFETY of all that follows: the kernel calls each function with what is of a file system of ours,
// which is there until `kill` is called for it. Its tree is what `fill` put there, or null.

/// Begins a mount.
pub(super) unsafe extern "C" fn init_context<T: FileSystem>(
    context: *mut bindings::fs_context,
) -> c_int {
    // SAFETY: see above.
    unsafe { (*context).ops = &Context::<T>::OPERATIONS };
    0
}

/// Ends what was mounted, or could not be filled.
pub(super) unsafe extern "C" fn kill(sb: *mut bindings::super_block) {
    // SAFETY: see above; afterwards nobody uses it but who follows a link under RCU.
    let tree = unsafe {
        let tree = (*sb).s_fs_info.cast::<Tree>();
        bindings::kill_anon_super(sb);
        tree
    };
    if !tree.is_null() {
        crate::sync::rcu::synchronize_rcu();
        // SAFETY: it came from a box.
        drop(unsafe { KBox::from_raw(tree) });
    }
}

struct Context<T>(PhantomData<T>);

impl<T: FileSystem> Context<T> {
    const OPERATIONS: bindings::fs_context_operations = {
        // SAFETY: all zeroes are a valid value of this C type.
        let mut operations: bindings::fs_context_operations = unsafe { core::mem::zeroed() };
        operations.get_tree = Some(Self::get_tree);
        operations.reconfigure = Some(Self::reconfigure);
        operations
    };

    unsafe extern "C" fn get_tree(context: *mut bindings::fs_context) -> c_int {
        // SAFETY: the context is valid, and `fill` is what fills its super block.
        unsafe { bindings::get_tree_nodev(context, Some(Self::fill)) }
    }

    /// Whatever else is to change, it stays read-only.
    unsafe extern "C" fn reconfigure(context: *mut bindings::fs_context) -> c_int {
        // SAFETY: the context is this call's own.
        unsafe { (*context).sb_flags |= SB_RDONLY };
        0
    }

    unsafe extern "C" fn fill(
        sb: *mut bindings::super_block,
        _: *mut bindings::fs_context,
    ) -> c_int {
        from_result(|| {
            let mut tree = KBox::new(Tree::new()?, GFP_KERNEL)?;
            T::fill(&mut tree.root())?;
            let tree = KBox::into_raw(tree);
            // SAFETY: nobody else has the super block yet; the tree is its own from here on, until
            // it is killed, and has a root.
            unsafe {
                (*sb).s_fs_info = tree.cast();
                bindings::rust_helper_fs_super(sb, T::MAGIC, &SUPER_OPERATIONS.0);
                let root = inode(sb, &*tree, 0)?;
                to_result(bindings::rust_helper_fs_set_root(sb, root))?;
            }
            Ok(0)
        })
    }
}

/// include/linux/fs.h; an expression that bindgen does not work out.
const SB_RDONLY: c_uint = 1;

/// A table of functions.
struct Table<T>(T);

// SAFETY: nobody changes it.
unsafe impl<T> Sync for Table<T> {}

macro_rules! table {
    ($name:ident: $type:ident { $($field:ident: $function:expr,)* }) => {
        static $name: Table<bindings::$type> = Table({
            // SAFETY: all zeroes are a valid value of this C type.
            let mut table: bindings::$type = unsafe { core::mem::zeroed() };
            $(table.$field = Some($function);)*
            table
        });
    };
}

table!(SUPER_OPERATIONS: super_operations { statfs: statfs, });
table!(DIRECTORY_INODE: inode_operations { lookup: lookup, });
table!(DIRECTORY_FILE: file_operations {
    iterate_shared: iterate,
    read: bindings::generic_read_dir,
    llseek: bindings::generic_file_llseek,
});
table!(FILE: file_operations {
    read_iter: read,
    llseek: bindings::generic_file_llseek,
    splice_read: SPLICE_READ,
});

#[allow(unused_unsafe)] // rustc before 1.82 asks for it
fn link_operations() -> *const bindings::inode_operations {
    // SAFETY: it is not read, and every kernel has it.
    unsafe { core::ptr::addr_of!(bindings::simple_symlink_inode_operations) }
}

type SpliceRead = unsafe extern "C" fn(
    *mut bindings::file,
    *mut bindings::loff_t,
    *mut bindings::pipe_inode_info,
    usize,
    c_uint,
) -> isize;
#[cfg(kernel_has = "copy_splice_read")]
const SPLICE_READ: SpliceRead = bindings::copy_splice_read;
#[cfg(not(kernel_has = "copy_splice_read"))]
const SPLICE_READ: SpliceRead = bindings::generic_file_splice_read;

/// Returns the tree of a file system, and the place of a file in it.
///
/// # Safety
///
/// The inode must be one of ours, and exist for as long as `'a`.
// The number is a u64 in 7.x, and an unsigned long before; both are 64 bits wide here.
#[allow(clippy::unnecessary_cast, clippy::cast_possible_truncation)]
unsafe fn place<'a>(inode: *const bindings::inode) -> (&'a Tree, usize) {
    // SAFETY: the caller's promise; `inode` below numbers them so.
    unsafe {
        let tree = &*(*(*inode).i_sb).s_fs_info.cast::<Tree>();
        (tree, (*inode).i_ino as usize - 1)
    }
}

/// Makes the inode of a file.
///
/// # Safety
///
/// `sb` must be valid, and the tree be its own.
unsafe fn inode(
    sb: *mut bindings::super_block,
    tree: &Tree,
    place: usize,
) -> Result<*mut bindings::inode> {
    let node = &tree.nodes()[place];
    let none = core::ptr::null();
    let (kind, size, links, target, operations, file) = match &node.kind {
        Kind::Directory(count) => {
            let (operations, file) = (
                core::ptr::addr_of!(DIRECTORY_INODE.0),
                core::ptr::addr_of!(DIRECTORY_FILE.0),
            );
            (bindings::S_IFDIR, 0, 2 + count, none, operations, file)
        }
        Kind::File(contents) => {
            let file = core::ptr::addr_of!(FILE.0);
            (
                bindings::S_IFREG,
                contents.len(),
                1,
                none,
                core::ptr::null(),
                file,
            )
        }
        Kind::Symlink(target) => {
            let operations = link_operations();
            let text = target.as_char_ptr();
            (
                bindings::S_IFLNK,
                target.to_bytes().len(),
                1,
                text,
                operations,
                core::ptr::null(),
            )
        }
    };
    // C's umode_t has 16 bits for a file's kind.
    #[allow(clippy::cast_possible_truncation)]
    let kind = kind as u16;
    let what = bindings::rust_helper_inode {
        number: place as u64 + 1,
        mode: kind | node.mode,
        links,
        size: size as i64,
        seconds: tree.seconds(),
        target,
        operations,
        file,
    };
    // SAFETY: the caller's promise; the tables are there for good, the target as long as the tree.
    let inode = unsafe { bindings::rust_helper_fs_new_inode(sb, &what) };
    if inode.is_null() {
        return Err(ENOMEM);
    }
    Ok(inode)
}

unsafe extern "C" fn lookup(
    directory: *mut bindings::inode,
    dentry: *mut bindings::dentry,
    _: c_uint,
) -> *mut bindings::dentry {
    // SAFETY: see above; the kernel holds the directory, so the name does not change.
    let ((tree, of), name) = unsafe {
        let mut length = 0;
        let name = bindings::rust_helper_dentry_name(dentry, &mut length);
        let name = core::slice::from_raw_parts(name.cast::<u8>(), length);
        (place(directory), name)
    };
    if name.len() > NAME_MAX {
        return ENAMETOOLONG.to_ptr();
    }
    let found = match tree.find(of, name) {
        // SAFETY: see above.
        Some(child) => match unsafe { inode((*directory).i_sb, tree, child) } {
            Ok(inode) => inode,
            Err(error) => return error.to_ptr(),
        },
        // That there is none is remembered too.
        None => core::ptr::null_mut(),
    };
    // SAFETY: the inode is null or new, and given up.
    unsafe { bindings::d_splice_alias(found, dentry) }
}

unsafe extern "C" fn iterate(
    file: *mut bindings::file,
    context: *mut bindings::dir_context,
) -> c_int {
    // SAFETY: see above.
    unsafe {
        // These are positions 0 and 1.
        if !bindings::rust_helper_dir_emit_dots(file, context) {
            return 0;
        }
        let (tree, of) = place((*file).f_inode);
        let from = usize::try_from((*context).pos).unwrap_or(usize::MAX);
        // The file at place n has position n + 1: the root, which is none of them, has place 0.
        for (at, node) in tree.children(of, from - 1) {
            let Node { name, kind, .. } = node;
            let kind = match kind {
                Kind::Directory(_) => bindings::DT_DIR,
                Kind::File(_) => bindings::DT_REG,
                Kind::Symlink(_) => bindings::DT_LNK,
            };
            (*context).pos = at as i64 + 1;
            let (text, length) = (name.as_ptr().cast(), name.len());
            if !bindings::rust_helper_dir_emit(context, text, length, at as u64 + 1, kind) {
                return 0;
            }
            (*context).pos += 1;
        }
    }
    0
}

unsafe extern "C" fn read(kiocb: *mut bindings::kiocb, iter: *mut bindings::iov_iter) -> isize {
    // SAFETY: see above.
    let ((tree, at), iov, position) = unsafe {
        let inode = (*(*kiocb).ki_filp).f_inode;
        (
            place(inode),
            IovIterDest::from_raw(iter),
            &mut (*kiocb).ki_pos,
        )
    };
    let contents = match &tree.nodes()[at].kind {
        Kind::File(contents) => &**contents,
        _ => &[],
    };
    let asked = iov.len();
    count(iov.simple_read_from_buffer(position, contents), asked)
}

unsafe extern "C" fn statfs(
    dentry: *mut bindings::dentry,
    buffer: *mut bindings::kstatfs,
) -> c_int {
    // SAFETY: see above; a dentry of ours that is in use has an inode.
    let (tree, _) = unsafe { place((*dentry).d_inode) };
    let pages = tree.nodes().iter().map(|node| match &node.kind {
        Kind::File(contents) => contents.len().div_ceil(bindings::PAGE_SIZE) as u64,
        _ => 0,
    });
    let (blocks, files) = (pages.sum(), tree.nodes().len() as u64);
    // SAFETY: see above.
    unsafe { bindings::rust_helper_fs_statfs(dentry, buffer, blocks, files) }
}
