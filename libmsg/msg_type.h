/*
 * msg_type.h - what stands behind MSG_TYPE: tables of fields, and the macros
 * that make them.
 *
 * Included by msg.h; programs need not read it.
 */
#ifndef MSG_TYPE_H
#define MSG_TYPE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ==== What the library knows of a type ====
 *
 * Plain data, so one writer and one reader serve all types.  The tables are
 * static in each file that sees the MSG_TYPE line; what tells types apart is
 * the tag, never the address.
 */
#define MSG_NAME_MAX	63
#define MSG_FIELDS_MAX	16
#define MSG_FORMAT_MAX	(MSG_FIELDS_MAX * 4 + 1)	/* "A(s)", NUL */
#define MSG_IMAGE_HEAD	(8 + MSG_FIELDS_MAX * 6 + 1)	/* "A(UUU)" */

enum msg_kind {
	MSG_KIND_bool, MSG_KIND_i32, MSG_KIND_u32, MSG_KIND_i64, MSG_KIND_u64,
	MSG_KIND_f64, MSG_KIND_pid, MSG_KIND_PORT, MSG_KIND_str, MSG_KIND_blob,
	MSG_KIND_ARRAY = 16,		/* and the same again, as arrays */
	MSG_KIND_bools = MSG_KIND_ARRAY, MSG_KIND_i32s, MSG_KIND_u32s,
	MSG_KIND_i64s, MSG_KIND_u64s, MSG_KIND_f64s, MSG_KIND_pids,
	MSG_KIND_PORTS, MSG_KIND_strs, MSG_KIND_blobs
};

struct msg_field {
	const char	*name;		/* NULL: no more fields */
	enum msg_kind	 kind;
	size_t		 offset;
};

struct msg_type {
	const char		*name;
	const struct msg_field	*fields;
	size_t			 size;		/* of the struct */
	bool			 (*test)(void (*)(void), const void *,
				    const void *);
	void			 (*call)(void (*)(void), const void *, void *);

	/* The rest is zero until the library first meets the type. */
	uint64_t		 tag;		/* FNV-1a of "name format" */
	size_t			 head_len;
	unsigned char		 apart;		/* fields not in the struct */
	bool			 lists;		/* arrays of str or blob */
	char			 format[MSG_FORMAT_MAX];
	char			 head[MSG_IMAGE_HEAD];	/* of every image */
};

/*
 * The C type and the number of each kind.  An unknown kind makes an unknown
 * type MSG_CTYPE_..., which the compiler then names.
 */
#define MSG_CTYPE_bool		bool
#define MSG_CTYPE_i32		int32_t
#define MSG_CTYPE_u32		uint32_t
#define MSG_CTYPE_i64		int64_t
#define MSG_CTYPE_u64		uint64_t
#define MSG_CTYPE_f64		double
#define MSG_CTYPE_pid		struct msg_pid
#define MSG_CTYPE_str		const char *
#define MSG_CTYPE_blob		struct msg_blob
#define MSG_CTYPE_bools		struct msg_bools
#define MSG_CTYPE_i32s		struct msg_i32s
#define MSG_CTYPE_u32s		struct msg_u32s
#define MSG_CTYPE_i64s		struct msg_i64s
#define MSG_CTYPE_u64s		struct msg_u64s
#define MSG_CTYPE_f64s		struct msg_f64s
#define MSG_CTYPE_pids		struct msg_pids
#define MSG_CTYPE_strs		struct msg_strs
#define MSG_CTYPE_blobs		struct msg_blobs

/* <stdbool.h> makes bool a macro, so that pasting meets _Bool. */
#define MSG_CTYPE__Bool		MSG_CTYPE_bool
#define MSG_KIND__Bool		MSG_KIND_bool

/* A port says of what.  Only the sending end is a kind of field. */
#define MSG_CTYPE_port(T)	struct T##_sendport
#define MSG_CTYPE_ports(T)	struct T##_sendports
#define MSG_KIND_port(T)	MSG_KIND_PORT
#define MSG_KIND_ports(T)	MSG_KIND_PORTS
#define MSG_CTYPE_recvport(T)	struct a_receive_port_cannot_be_sent
#define MSG_KIND_recvport(T)	MSG_KIND_PORT

#define MSG_MEMBER(T, pair)		MSG_MEMBER_(MSG_UNPAIR pair)
#define MSG_MEMBER_(...)		MSG_MEMBER__(__VA_ARGS__)
#define MSG_MEMBER__(kind, field)	MSG_CTYPE_##kind field;
#define MSG_FIELD(T, pair)		MSG_FIELD_(T, MSG_UNPAIR pair)
#define MSG_UNPAIR(kind, field)		kind, field
#define MSG_FIELD_(...)			MSG_FIELD__(__VA_ARGS__)
#define MSG_FIELD__(T, kind, field)					\
	{ #field, MSG_KIND_##kind, offsetof(struct T, field) },

/*
 * ==== What MSG_TYPE and MSG_REMOTABLE make ====
 *
 * A type: its structs, thunks that call functions by their own type, its table.
 */
#define MSG_TYPE_(T, ...)						\
_Static_assert(sizeof(#T) - 1 <= MSG_NAME_MAX,				\
    "the name of a message type is at most 63 bytes");			\
struct T##_sendport { struct msg_port port; };				\
struct T##_recvport { struct msg_port port; };				\
struct T##_sendports { size_t n; const struct T##_sendport *v; };	\
struct T { struct msg_meta msg; MSG_EACH(MSG_MEMBER, T, __VA_ARGS__) };	\
static MSG_UNUSED bool							\
msg_test_##T(void (*pred)(void), const void *m, const void *ctx)	\
{ return ((bool (*)(const struct T *, const void *))pred)(m, ctx); }	\
static MSG_UNUSED void							\
msg_call_##T(void (*fn)(void), const void *m, void *ctx)		\
{ ((void (*)(const struct T *, void *))fn)(m, ctx); }			\
static MSG_UNUSED struct msg_type msg_type_##T = {			\
	.name = #T, .size = sizeof(struct T),				\
	.test = msg_test_##T, .call = msg_call_##T,			\
	.fields = (const struct msg_field []){				\
	    MSG_EACH(MSG_FIELD, T, __VA_ARGS__)				\
	    { NULL, MSG_KIND_bool, 0 } } }

/* An entry: the struct of its arguments, and who calls it with them. */
#define MSG_REMOTABLE_(F, ...)						\
MSG_TYPE_(F, __VA_ARGS__);						\
MSG_CAT(MSG_ENTRY_, MSG_SOME(F, __VA_ARGS__))(F)			\
static MSG_UNUSED struct msg_entry msg_entry_##F = {			\
	&msg_type_##F, msg_run_##F, NULL }
#define MSG_ENTRY_NONE(F)						\
static void F(void);							\
static void msg_run_##F(const void *args, const void *port)		\
{ (void)args, (void)port; F(); }
#define MSG_ENTRY_SOME(F)						\
static void F(const struct F *);					\
static void msg_run_##F(const void *args, const void *port)		\
{ (void)port; F(args); }
#define MSG_TABLE_(...)		((struct msg_entry *const []){		\
    MSG_EACH(MSG_TABLE_ROW_, ~, __VA_ARGS__) NULL })
#define MSG_TABLE_ROW_(x, F)	&msg_entry_##F,

#define MSG_REMOTABLE_CHANNEL_(F, T, ...)				\
MSG_TYPE_(F, __VA_ARGS__);						\
typedef struct T##_sendport msg_channel_of_##F;				\
MSG_CAT(MSG_CHANNEL_ENTRY_, MSG_SOME(F, __VA_ARGS__))(F, T)		\
static MSG_UNUSED struct msg_entry msg_entry_##F = {			\
	&msg_type_##F, msg_run_##F, &msg_type_##T }
#define MSG_CHANNEL_ENTRY_NONE(F, T)					\
static void F(const struct T##_recvport *);				\
static void msg_run_##F(const void *args, const void *port)		\
{ (void)args; F(port); }
#define MSG_CHANNEL_ENTRY_SOME(F, T)					\
static void F(const struct T##_recvport *, const struct F *);		\
static void msg_run_##F(const void *args, const void *port)		\
{ F(port, args); }

/* MSG_CLOSURE(f, ...) is not a closure yet when it meets the name in front of
   it: f is still to be seen. */
#define MSG_CHANNEL_OF_MSG_CLOSURE(...)					\
	MSG_CHANNEL_OF_(__VA_ARGS__, ), MSG_CLOSURE(__VA_ARGS__)
#define MSG_CHANNEL_OF_(F, ...)		msg_channel_of_##F
#define MSG_SPAWN_CHANNEL_(...)		MSG_SPAWN_CHANNEL__(__VA_ARGS__)
#define MSG_SPAWN_CHANNEL__(node, to, type, closure, ...)		\
	msg_spawn_channel_(node, &_Generic((to), type *: (to))->port,	\
	    closure, MSG_OPTIONS_(__VA_ARGS__))

/* A port of that type, or an error. */
#define MSG_SENDER_(T, to)	_Generic((to), struct T##_sendport: (to))
#define MSG_RECEIVER_(T, r)	_Generic((r),				\
	struct T##_recvport *: (r), const struct T##_recvport *: (r))
#define MSG_CHANNEL_SEND_(to, T, ...)					\
	msg_channel_send_(MSG_SENDER_(T, to).port, MSG_(T, __VA_ARGS__))
#define MSG_CHANNEL_TRY_SEND_(to, T, ...)				\
	msg_channel_try_send_(MSG_SENDER_(T, to).port,			\
	    MSG_(T, __VA_ARGS__))

/*
 * ==== Macros over lists ====
 *
 * A macro that takes a list hands it on with one empty argument more at its
 * end, MSG_X_(__VA_ARGS__, ), so that an empty list is no special case.
 * MSG_EACH(M, T, f1, f2, ) is M(T, f1) M(T, f2).
 */
#define MSG_EACH(M, ...)						\
	MSG_CAT(MSG_EACH_, MSG_COUNT(__VA_ARGS__))(M, __VA_ARGS__)
#define MSG_CAT(a, b)	MSG_CAT_(a, b)
#define MSG_CAT_(a, b)	a##b
#define MSG_COUNT(...)	MSG_PICK(__VA_ARGS__,				\
	MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,			\
	MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,			\
	16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, ~, ~)
#define MSG_PICK(T, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12,	\
    a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25,	\
    a26, a27, a28, a29, a30, a31, a32, a33, x, ...)	x
#define MSG_SOME(...)	MSG_PICK(__VA_ARGS__,	/* SOME, or NONE if empty */ \
	SOME, SOME, SOME, SOME, SOME, SOME, SOME, SOME,			\
	SOME, SOME, SOME, SOME, SOME, SOME, SOME, SOME,			\
	SOME, SOME, SOME, SOME, SOME, SOME, SOME, SOME,			\
	SOME, SOME, SOME, SOME, SOME, SOME, SOME, SOME, NONE, ~, ~)

#define MSG_EACH_0(M, T, e)
#define MSG_EACH_1(M, T, f, ...)  M(T, f) MSG_EACH_0(M, T, __VA_ARGS__)
#define MSG_EACH_2(M, T, f, ...)  M(T, f) MSG_EACH_1(M, T, __VA_ARGS__)
#define MSG_EACH_3(M, T, f, ...)  M(T, f) MSG_EACH_2(M, T, __VA_ARGS__)
#define MSG_EACH_4(M, T, f, ...)  M(T, f) MSG_EACH_3(M, T, __VA_ARGS__)
#define MSG_EACH_5(M, T, f, ...)  M(T, f) MSG_EACH_4(M, T, __VA_ARGS__)
#define MSG_EACH_6(M, T, f, ...)  M(T, f) MSG_EACH_5(M, T, __VA_ARGS__)
#define MSG_EACH_7(M, T, f, ...)  M(T, f) MSG_EACH_6(M, T, __VA_ARGS__)
#define MSG_EACH_8(M, T, f, ...)  M(T, f) MSG_EACH_7(M, T, __VA_ARGS__)
#define MSG_EACH_9(M, T, f, ...)  M(T, f) MSG_EACH_8(M, T, __VA_ARGS__)
#define MSG_EACH_10(M, T, f, ...) M(T, f) MSG_EACH_9(M, T, __VA_ARGS__)
#define MSG_EACH_11(M, T, f, ...) M(T, f) MSG_EACH_10(M, T, __VA_ARGS__)
#define MSG_EACH_12(M, T, f, ...) M(T, f) MSG_EACH_11(M, T, __VA_ARGS__)
#define MSG_EACH_13(M, T, f, ...) M(T, f) MSG_EACH_12(M, T, __VA_ARGS__)
#define MSG_EACH_14(M, T, f, ...) M(T, f) MSG_EACH_13(M, T, __VA_ARGS__)
#define MSG_EACH_15(M, T, f, ...) M(T, f) MSG_EACH_14(M, T, __VA_ARGS__)
#define MSG_EACH_16(M, T, f, ...) M(T, f) MSG_EACH_15(M, T, __VA_ARGS__)
#define MSG_EACH_MANY(M, T, ...)					\
	_Static_assert(0, "more than 16 fields or entries: " #T);

/* What gcc and clang can say; nothing else here needs them. */
#define MSG_UNUSED	__attribute__((unused))
#define MSG_CLEANUP(fn)	__attribute__((cleanup(fn)))
#define MSG_PRINTF(at)	__attribute__((format(printf, at, at + 1)))

#endif /* MSG_TYPE_H */
