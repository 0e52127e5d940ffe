// SPDX-License-Identifier: GPL-2.0
/* All that is written in C, as one way. */
#include "c.h"

static struct c_way c_way;

int c_start(struct way *way)
{
	int error = c_killer_start(&c_way.killer);

	if (error)
		return error;
	c_map_start(&c_way.map);
	c_tick_start(&c_way.tick);
	*way = (struct way){
		.name = "c",
		.me = &c_way,
		.add = c_killer_add,
		.choose = c_killer_choose,
		.count = c_map_count,
		.parse = c_packet_parse,
		.timer = &c_way.tick.timer,
		.ticks = c_tick_ticks,
	};
	error = c_device_start();
	if (error)
		c_killer_stop(&c_way.killer);
	return error;
}

void c_stop(void)
{
	c_device_stop();
	c_tick_stop(&c_way.tick);
	c_killer_stop(&c_way.killer);
}
