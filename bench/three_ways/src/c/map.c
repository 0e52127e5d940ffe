// SPDX-License-Identifier: GPL-2.0
/* Counts by key, in a hash map of a fixed size under a lock. No key is 0. */
#include "c.h"

/* As hash_64() of linux/hash.h. */
static unsigned int hash(u64 key)
{
	return (key * 0x61C8864680B583EBull) >> 56;
}

/* Returns the key's sum, or 0 where there is no room. */
u64 c_map_count(void *me, u64 key, u64 more)
{
	struct c_map *map = &((struct c_way *)me)->map;
	unsigned int at = hash(key), tried;
	u64 sum = 0;

	spin_lock(&map->lock);
	for (tried = 0; tried < SLOTS; tried++) {
		struct slot *slot = &map->slots[at % SLOTS];

		if (slot->key == 0)
			slot->key = key;
		if (slot->key == key) {
			slot->value += more;
			sum = slot->value;
			break;
		}
		at++;
	}
	spin_unlock(&map->lock);
	return sum;
}

void c_map_start(struct c_map *map)
{
	spin_lock_init(&map->lock);
}
