/*
 * wire.h - every frame there is, declared once.
 *
 * A frame is a header of WIRE_HEAD bytes and a body, all integers big-endian:
 *
 *	0  u32	length of the whole frame, header included
 *	4  u8	op, one of WIRE_OPS
 *	5  u8	flags, WIRE_F_*; what an op does not define is 0
 *	6  u16	0
 *	8  pid	to	(u64 node, u64 serial)
 *	24 pid	from	must be the sender's own
 *	40 u64	ref
 *	48	body
 *
 * Numbers are never used again; a new meaning is a new number.  docs/wire.md is
 * printed from this table, docs/protocol.md tells what the frames do.
 */
#ifndef WIRE_H
#define WIRE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "pid.h"

#define WIRE_VERSION	1
#define WIRE_HEAD	48
#define WIRE_MAX	(16u << 20)	/* largest max-message; default */
#define WIRE_CAUSE_SIZE	256		/* a cause of death as text, with NUL */
#define WIRE_TEXT_MAX	1024		/* of exit, die; libmsg cuts it */
#define WIRE_NO_MAX	UINT32_MAX	/* bounded by max-message alone */

/* Who may send an op: a worker on fd 3, a stream attached to one, a guest, the
   relay to any of them, the relay to the parent, the parent to the relay, the
   relay of another node. */
#define WIRE_W	0x01
#define WIRE_A	0x02
#define WIRE_G	0x04
#define WIRE_R	0x08
#define WIRE_O	0x10
#define WIRE_P	0x20
#define WIRE_N	0x40
#define WIRE_ANY	(WIRE_W | WIRE_A | WIRE_G)
#define WIRE_DATA	(WIRE_ANY | WIRE_R | WIRE_N)
#define WIRE_ALL	(WIRE_ANY | WIRE_N)	/* from here or elsewhere */

/* Body notation: pid = u64 u64; str8, str16 = length and bytes; MESSAGE = u64
   tag, u8 length of name, u8 length of format, name, format, tpl image. */
#define WIRE_OPS(X)							\
/* name	     number least most	 who	    body */			\
X(HELLO,	1,   4,   4, WIRE_ANY,	"u16 version, u16 0")		\
X(WELCOME,	2,  25, WIRE_NO_MAX, WIRE_R,				\
    "u16 version, u64 ref base, u64 max-mailbox, u32 max-message, "	\
    "str8 node name, u8 arguments: 0 none or 1 MESSAGE, MESSAGE")	\
X(BYE,		3,   0,   0, WIRE_G | WIRE_A, "")			\
X(ATTACH,	4,   0,   0, WIRE_W,	"one descriptor beside it")	\
X(READY,	5,   0,   0, WIRE_W | WIRE_A, "")			\
									\
X(SEND,		10, 10, WIRE_NO_MAX, WIRE_DATA, "MESSAGE")		\
X(SEND_NAME,	11, 12, WIRE_NO_MAX, WIRE_DATA, "str8 address, MESSAGE") \
X(CALL,		12, 10, WIRE_NO_MAX, WIRE_DATA, "MESSAGE")		\
X(REPLY,	13, 10, WIRE_NO_MAX, WIRE_DATA, "MESSAGE")		\
X(FORWARD,	14, 26, WIRE_NO_MAX, WIRE_DATA, "pid first sender, MESSAGE") \
X(CHANNEL,	15,  8, WIRE_NO_MAX, WIRE_DATA, "tpl image")		\
									\
X(MONITOR,	20,  0,   8, WIRE_ALL,	"nothing, or u64 port of it")	\
X(DEMONITOR,	21,  0,   0, WIRE_ALL,	"")				\
X(DOWN,		22,  1, 255, WIRE_R | WIRE_N, "cause")			\
X(LINK,		23,  0,   0, WIRE_ALL,	"")				\
X(UNLINK,	24,  0,   0, WIRE_ALL,	"")				\
X(EXIT,		25,  0, WIRE_TEXT_MAX, WIRE_ANY, "text")		\
X(KILL,		26,  0,   0, WIRE_ANY,	"")				\
X(TRAP,		27,  0,   0, WIRE_W | WIRE_A, "")			\
X(EXITED,	28,  1, 255, WIRE_R,	"cause")			\
X(DIE,		29,  0, WIRE_TEXT_MAX, WIRE_ANY, "text")		\
X(NODES,	30,  0,   0, WIRE_W | WIRE_A, "")			\
X(NODE,		31,  3, 129, WIRE_R,	"u8 up, str8 name, str8 role")	\
X(PORT_WATCHED,	32,  0,   0, WIRE_R,	"")				\
X(PORT_CLOSED,	33,  0,   0, WIRE_W,	"")				\
									\
X(REGISTER,	40,  1,  63, WIRE_ALL,	"name")				\
X(UNREGISTER,	41,  1,  63, WIRE_ALL,	"name")				\
X(WHEREIS,	42,  1, ADDRESS_SIZE, WIRE_ALL, "address")		\
X(DONE,		43, 20, WIRE_NO_MAX, WIRE_R | WIRE_N, "u32 errno, pid, text") \
X(SYNC,		44,  0,   0, WIRE_ANY,	"")				\
									\
X(SPAWN,	50, 12, WIRE_NO_MAX, WIRE_ALL,				\
    "u64 ref of the monitor or 0, str8 name, str8 program, str8 entry, " \
    "u8 arguments: 0 none, 1 MESSAGE, 2 u16 count and str16s")		\
									\
X(CHOKE,	60,  0,   0, WIRE_R,	"")				\
X(UNCHOKE,	61,  0,   0, WIRE_R,	"")				\
X(TAKE,		62,  0,   0, WIRE_A,	"")				\
X(TAKEN,	63,  0,   0, WIRE_A,	"")				\
X(LIMIT,	64,  6,  68, WIRE_R,					\
    "u32 length of frames to the node from; 0: as here; str8 its name") \
									\
X(QUERY,	70,  3, 65536, WIRE_ALL, "str8 what, u16 count, str16s") \
X(CONTROL,	71,  3, 65536, WIRE_ALL, "str8 what, u16 count, str16s") \
X(ROW,		72,  2, 65536, WIRE_R | WIRE_N,			\
    "u16 count, each: str8 key, u8 kind (s n b l), str16 value")	\
									\
X(O_INIT,	100, 0, WIRE_NO_MAX, WIRE_P,				\
    "configuration; descriptors: control socket, log if a file")	\
X(O_CONF,	101, 0, WIRE_NO_MAX, WIRE_P, "configuration")		\
X(O_STOP,	102, 0,   0, WIRE_P,	"")				\
X(O_REOPENED,	103, 0,   0, WIRE_P,	"descriptor: log")		\
X(O_SPAWNED,	104, 4,   4, WIRE_P,	"u32 OS pid")			\
X(O_FAILED,	105, 5, 255, WIRE_P,	"u32 errno, str8 stage")	\
X(O_EXITED,	106, 5,   5, WIRE_P,	"u32 status, u8 ordered")	\
X(O_ANSWER,	107, 4, 65536, WIRE_P,	"u32 errno, text")		\
X(O_NET,	108, 3, 258, WIRE_P,					\
    "u8 has TCP listener, u8 has UDP socket, str8 address listened on; " \
    "a descriptor for each")						\
X(O_KEYS,	109, 0,   0, WIRE_P,	"descriptor: key file")		\
									\
X(O_READY,	120, 0,   0, WIRE_O,	"")				\
X(O_SPAWN,	121, 5, WIRE_NO_MAX, WIRE_O,				\
    "str8 program, str8 entry, str8 worker, u16 count, str16s; "	\
    "descriptors: fd 3, output, errors if apart")			\
X(O_KILL,	122, 5,   5, WIRE_O,	"u32 signal, u8 order")		\
X(O_RELOAD,	123, 1,   1, WIRE_O,	"u8 dry run")			\
X(O_SHUTDOWN,	124, 0,   0, WIRE_O,	"")				\
X(O_STOPPED,	125, 0,   0, WIRE_O,	"")				\
									\
X(N_HELLO,	140, 64, 1024, WIRE_N,					\
    "u16 version, u16 capabilities, u64 own id, u64 sent, u64 echo, "	\
    "u32 peer-timeout in ms, u32 max-message, u8 has sessions, "	\
    "the session with the other: u64 number, u8 open, u32 connection, "	\
    "u64 received; str8 name, str8 role, str8 cluster, str8 address")	\
X(N_REFUSE,	141, 2, 512, WIRE_N, "u8 reason, str8 text")		\
X(N_JOIN,	142, 37, 37, WIRE_N,					\
    "u64 session, u8 resumed, u32 connection, u64 received, "		\
    "u64 sent, u64 echo")						\
X(N_BEAT,	143, 33, 33, WIRE_N,					\
    "u64 sent, u64 echo, u64 received, u64 number of the next frame, "	\
    "u8 flags: 1 answer at once, 2 an answer")				\
X(N_END,	144, 9,   9, WIRE_N,	"u64 session, u8 goodbye")	\
									\
X(N_PIECE,	150, 4, 65540, WIRE_N,					\
    "u32 length of the whole frame, bytes of it")			\
X(N_CHOKE,	151, 0,  63, WIRE_N,	"name it was sent to, if by name") \
X(N_UNCHOKE,	152, 0,  63, WIRE_N,	"name it was sent to, if by name") \
X(N_EXIT,	153, 1, 255, WIRE_N,	"cause")			\
X(N_KILL,	154, 1, 255, WIRE_N,	"cause")			\
X(N_LINK_EXIT,	155, 1, 255, WIRE_N,	"cause")			\
X(N_UNLINK_ACK,	156, 0,   0, WIRE_N,	"")				\
X(N_BORN,	157, 0,   0, WIRE_N,	"")				\
X(N_CANCEL,	158, 0,   0, WIRE_N,	"")				\
									\
X(N_NODES,	160, 1, 65536, WIRE_N,					\
    "each: u8 what (0 live, 1 lost, 2 dead), u64 id, str8 name, "	\
    "str8 role, str8 address")						\
X(N_WHOIS,	161, 8,   8, WIRE_N,	"u64 id")			\
X(N_IS,		162, 12, 512, WIRE_N,					\
    "u8 what (0 live, 1 unknown, 2 dead), u64 id, str8 name, "		\
    "str8 role, str8 address")

#define X(name, num, least, most, who, body) WIRE_##name = (num),
enum wire_op { WIRE_OPS(X) };
#undef X
#define WIRE_OP_LIMIT	192		/* above every number */

#define WIRE_F_NORMAL	0x01		/* DOWN, EXITED: the end was normal */
#define WIRE_F_LINK	0x02		/* SPAWN: linked to the requester */
#define WIRE_F_MONITOR	0x04		/* SPAWN: with the monitor's ref */
#define WIRE_F_ON	0x08		/* TRAP, NODES: on; else off */
#define WIRE_F_MAILBOX	0x10		/* MONITOR on an attached stream: the
					   DOWN goes to the worker's mailbox */

/* CALL's and SPAWN's refs and MONITOR's are one number space of a stream. */
#define WIRE_REF_ATTACHED	(UINT64_C(1) << 63)

struct wire_head {
	uint32_t	len;
	uint8_t		op, flags;
	struct pid	to, from;
	uint64_t	ref;
};

struct wire_rule {
	const char	*name;		/* NULL: no such op */
	const char	*body;
	uint32_t	 least, most;	/* of the body */
	uint8_t		 who;
};

/* The rule of an op; its name is NULL when there is no such op. */
const struct wire_rule	*wire_rule(unsigned int op);

void	 wire_put(uint8_t [WIRE_HEAD], const struct wire_head *);

/* In the header: it stands in the way of every message. */
static inline void
wire_get(struct wire_head *h, const uint8_t p[WIRE_HEAD])
{
	h->len = get_u32(p);
	h->op = p[4];
	h->flags = p[5];
	h->to.node = get_u64(p + 8);
	h->to.serial = get_u64(p + 16);
	h->from.node = get_u64(p + 24);
	h->from.serial = get_u64(p + 32);
	h->ref = get_u64(p + 40);
}


/*
 * Whether a header may stand at this place of a stream: known op, sent by one
 * who may (one of the WIRE_* bits), length within bounds.  NULL: good; else why
 * not, for people.  Asks nothing of pids and nothing of the body.
 */
const char	*wire_check(const struct wire_head *, unsigned int who,
		    uint32_t max_frame);

#endif /* WIRE_H */
