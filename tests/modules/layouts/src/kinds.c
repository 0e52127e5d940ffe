// SPDX-License-Identifier: GPL-2.0
#include "kinds.h"

u64 kinds_pair_read(const struct kinds_pair *pair)
{
	return pair->first + 10 * pair->second;
}

u64 kinds_bits_read(const struct kinds_bits *bits)
{
	return bits->before + 10 * bits->filling + 100 * bits->over + (bits->sign == -3 ? 1000 : 0);
}

void kinds_bits_write(struct kinds_bits *bits)
{
	*bits = (struct kinds_bits) { .before = 4, .filling = 3, .over = 2, .sign = -1 };
}

u64 kinds_packed_read(const struct kinds_packed *packed)
{
	return packed->byte + 10 * packed->inner.word + 100 * packed->after + 1000 * packed->flag +
	       (packed->pointer == packed ? 10000 : 0);
}

void kinds_packed_write(struct kinds_packed *packed)
{
	packed->byte = 5;
	packed->inner.word = 6;
	packed->after = 7;
	packed->flag = 3;
	packed->pointer = packed;
}

u64 kinds_both_read(const struct kinds_both *both)
{
	return both->byte + 10 * both->word;
}
