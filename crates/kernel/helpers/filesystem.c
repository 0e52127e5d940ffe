// SPDX-License-Identifier: GPL-2.0

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/statfs.h>

#include "helpers.h"

__rust_helper void rust_helper_fs_super(struct super_block *sb, u32 magic,
					const struct super_operations *operations)
{
	sb->s_flags |= SB_RDONLY | SB_NODEV | SB_NOSUID;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_magic = magic;
	sb->s_op = operations;
	sb->s_time_gran = NSEC_PER_SEC;
}

/* The times of an inode are set by functions since 6.7, that of its change since 6.6. */
__rust_helper struct inode *rust_helper_fs_new_inode(struct super_block *sb,
						     const struct rust_helper_inode *what)
{
	struct timespec64 time = { .tv_sec = what->seconds };
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = what->number;
	inode->i_mode = what->mode;
	if (what->operations)
		inode->i_op = what->operations;
	if (what->file)
		inode->i_fop = what->file;
	if (what->target)
		inode->i_link = (char *)what->target;
	i_size_write(inode, what->size);
	set_nlink(inode, what->links);
#ifdef RKMBUILD_HAS_inode_set_atime_to_ts
	inode_set_atime_to_ts(inode, time);
	inode_set_mtime_to_ts(inode, time);
	inode_set_ctime_to_ts(inode, time);
#elif defined(RKMBUILD_HAS_inode_set_ctime_to_ts)
	inode->i_atime = inode->i_mtime = inode_set_ctime_to_ts(inode, time);
#else
	inode->i_atime = inode->i_mtime = inode->i_ctime = time;
#endif
	return inode;
}

__rust_helper int rust_helper_fs_set_root(struct super_block *sb, struct inode *root)
{
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

__rust_helper int rust_helper_fs_statfs(struct dentry *dentry, struct kstatfs *buf, u64 blocks,
					u64 files)
{
	buf->f_blocks = blocks;
	buf->f_files = files;
	return simple_statfs(dentry, buf);
}

__rust_helper const char *rust_helper_dentry_name(const struct dentry *dentry, size_t *length)
{
	*length = dentry->d_name.len;
	return dentry->d_name.name;
}

__rust_helper bool rust_helper_dir_emit_dots(struct file *file, struct dir_context *context)
{
	return dir_emit_dots(file, context);
}

__rust_helper bool rust_helper_dir_emit(struct dir_context *context, const char *name,
					size_t length, u64 number, unsigned int type)
{
	return dir_emit(context, name, length, number, type);
}
