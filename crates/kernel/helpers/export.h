/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the C file with a module's exports starts with. Each module's build writes that file.
 */
#ifndef RKMBUILD_EXPORT_H
#define RKMBUILD_EXPORT_H

#include <linux/export.h>
#include <linux/types.h>

/* Linux 6.13 made the namespace a string (cdd30ebb1b9f). */
#ifdef RKMBUILD_HAS_export_namespace_word
#define RKMBUILD_EXPORT_NS(sym, ns) EXPORT_SYMBOL_NS(sym, ns)
#define RKMBUILD_EXPORT_NS_GPL(sym, ns) EXPORT_SYMBOL_NS_GPL(sym, ns)
#else
#define RKMBUILD_EXPORT_NS(sym, ns) EXPORT_SYMBOL_NS(sym, #ns)
#define RKMBUILD_EXPORT_NS_GPL(sym, ns) EXPORT_SYMBOL_NS_GPL(sym, #ns)
#endif

#endif
