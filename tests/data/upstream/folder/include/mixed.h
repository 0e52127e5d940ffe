/* SPDX-License-Identifier: GPL-2.0 */
#define MIXED_STEP 2

int mixed_next(int value);
