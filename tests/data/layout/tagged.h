/* A member without a name, whose type has one: C with -fms-extensions (gcc, clang). */
struct tagged {
	unsigned long first;
	int second[6];
	unsigned char third;
};

/* bindgen leaves the member out, and what is around it is too short. */
struct with_tagged {
	int number;
	union {
		struct tagged;
		long small;
	};
};

struct around_tagged {
	short before;
	struct with_tagged within;
	int after;
};

/* Of a structure it leaves room in its place. */
struct in_structure {
	char before;
	struct tagged;
	int after;
};

struct points_to_tagged {
	struct around_tagged *to;
};
