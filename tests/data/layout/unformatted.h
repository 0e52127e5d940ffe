/* What bindgen has a holder for: a member without a name, in a union that it does not copy. */
struct outer {
	unsigned short family;
	union {
		struct { struct { } none; char flexible[]; };
		char fixed[14];
	};
};
