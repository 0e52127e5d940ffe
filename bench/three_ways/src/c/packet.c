// SPDX-License-Identifier: GPL-2.0
/* Reads the headers of a UDP packet as it came from the wire. */
#include "c.h"

#define UDP 17
#define IP_SIZE offsetof(struct headers, source_port)

static u16 sum(const u8 *data)
{
	u32 total = 0;
	size_t i;

	for (i = 0; i < IP_SIZE; i += 2)
		total += data[i] << 8 | data[i + 1];
	total = (total & 0xFFFF) + (total >> 16);
	return total + (total >> 16);
}

int c_packet_parse(void *me, const u8 *data, size_t size, struct flow *out)
{
	const struct headers *packet = (const struct headers *)data;
	u16 length, udp;

	if (size < sizeof(*packet))
		return -EINVAL;
	length = be16_to_cpu(packet->length);
	udp = be16_to_cpu(packet->udp_length);
	if (packet->version != 0x45 || packet->protocol != UDP || length > size)
		return -EINVAL;
	if (udp < sizeof(*packet) - IP_SIZE || IP_SIZE + udp > length)
		return -EINVAL;
	if (sum(data) != 0xFFFF)
		return -EINVAL;
	out->source = be32_to_cpu(packet->source);
	out->dest = be32_to_cpu(packet->dest);
	out->source_port = be16_to_cpu(packet->source_port);
	out->dest_port = be16_to_cpu(packet->dest_port);
	out->payload = udp - (sizeof(*packet) - IP_SIZE);
	return 0;
}
