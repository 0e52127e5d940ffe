/* What bindgen or Rust cannot lay out as C does, one of each kind. */
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u64 __attribute__((aligned(4))) compat_u64;

struct plain { int small; char byte; long large; };
struct under_aligned { u32 first; compat_u64 second; };
struct aligned_inside { u32 word; } __attribute__((aligned(16)));
struct packed_and_aligned { char byte; u32 word; } __attribute__((packed, aligned(8)));
struct packed_around { char byte; struct aligned_inside inside; u32 after; int flag : 3; } __attribute__((packed));
struct undescribed;
struct user { struct undescribed *of; struct never_described *other; };
struct behind_short { short before; unsigned filling : 14; unsigned over : 3; unsigned last : 1; };
struct behind_byte { char before; unsigned wide : 22; unsigned more : 3; };
struct with_sign { int negative : 7; unsigned positive : 7; };
struct flexible { u32 count; char bytes[]; } __attribute__((packed));
struct nested { union { struct { char a; u64 b; }; u32 c; }; struct { short x; } named[2]; };
union either { char byte; u64 word; };
typedef struct { char c; } __attribute__((aligned(4))) anonymous_t;
