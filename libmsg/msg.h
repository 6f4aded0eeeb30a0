/*
 * msg.h - what a worker includes: typed messages between processes.
 *
 *	MSG_TYPE(ping, (pid, from));
 *	MSG_TYPE(pong, (pid, from), (str, note), (strs, names));
 *
 *	struct ping ping;
 *
 *	if (msg_expect(ping, &ping) == 0)
 *		msg_send(ping.from, pong, .from = msg_self(), .note = "hi");
 *
 * A process is one thread of one Unix process, so no call takes a handle.
 * Errors:  -1 and errno, unless a call says otherwise.
 *
 * One page, for it is the manual of the library at hand.
 *
 * Whatever ends in an underscore, and every macro without a comment of its
 * own, is there for the macros beside it and may change.
 */
#ifndef MSG_H
#define MSG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg_type.h"

/*
 * ==== Types: what a field can be ====
 *
 *	kind		in C			as a letter
 *	bool		bool			b
 *	i32 u32		int32_t, uint32_t	i u
 *	i64 u64		int64_t, uint64_t	I U
 *	f64		double			f
 *	str		const char *		s	no NUL inside
 *	blob		struct msg_blob		B	any bytes
 *	pid		struct msg_pid		p
 *	port(T)		struct T_sendport	o	T is declared before
 *
 * and arrays of each, named with an s: i32s, strs, ports(T).  In C these are
 * a count n and a pointer v, as letters A(i), A(s), A(o).
 *
 * What is sent is only read.  What was received is const, belongs to the
 * message until that is released, and has no NULL pointers: NULL and "" both
 * arrive as "", an empty array or blob has n == 0 and a v that is not NULL.
 */
struct msg_pid {
	uint64_t	 node, serial;		/* serial 0: no process */
};

struct msg_port {
	uint64_t	 id;		/* first, so that a pid makes no port */
	struct msg_pid	 owner;
};

struct msg_blob {
	size_t		 n;
	const void	*v;
};

struct msg_bools { size_t n; const bool *v; };
struct msg_i32s { size_t n; const int32_t *v; };
struct msg_u32s { size_t n; const uint32_t *v; };
struct msg_i64s { size_t n; const int64_t *v; };
struct msg_u64s { size_t n; const uint64_t *v; };
struct msg_f64s { size_t n; const double *v; };
struct msg_pids { size_t n; const struct msg_pid *v; };
struct msg_strs { size_t n; const char *const *v; };
struct msg_blobs { size_t n; const struct msg_blob *v; };

/* Array fields: .xs = MSG_ARRAY(array), .xs = MSG_ITEMS(int64_t, 1, 2, 3) */
#define MSG_ARRAY(a)		{ sizeof(a) / sizeof((a)[0]), (a) }
#define MSG_ITEMS(type, ...)	{					\
	sizeof((type []){ __VA_ARGS__ }) / sizeof(type),		\
	(type []){ __VA_ARGS__ } }

/*
 * ==== Types: MSG_TYPE(name, (kind, field)...); ====
 *
 * declares
 *	struct name		the message: .msg, then its fields
 *	struct name_sendport	the end of a channel of such messages that may
 *				itself be sent
 *	struct name_recvport	the end that may not
 *
 * at file scope.  In a header it serves any number of files, and nothing has
 * to be defined anywhere else: two types are the same when name and fields'
 * kinds are.  At most 16 fields, none called msg; without any is allowed, as
 * in MSG_TYPE(stop);  A name is at most 63 letters, digits and underscores.
 */
#define MSG_TYPE(...)	MSG_TYPE_(__VA_ARGS__, )

/*
 * First in every message: about the message, not of it.  Whoever sends leaves
 * it zero.
 */
struct msg_meta {
	struct msg_pid	 sender;
	uint64_t	 ref;		/* of the call it belongs to, or 0 */
	void		*memory;	/* its strings and arrays, one block */
};

/* A message made in place: MSG(ping, .from = msg_self()).  It lives to the
   end of the enclosing block: pass it straight on. */
struct msg_body {
	struct msg_type	*type;
	const void	*message;
};
#define MSG(...)	MSG_(__VA_ARGS__, )
#define MSG_(T, ...)	((struct msg_body){ &msg_type_##T,		\
    &(struct T){ .msg = { .ref = 0 }, __VA_ARGS__ } })

/* out itself, which must be a struct T *: no void *, no other type's. */
#define MSG_PTR(T, out)	_Generic((out), struct T *: (out))

/*
 * ==== Who ====
 *
 * In a program that no supervisor started these are all zero, and errno
 * ENOTCONN.
 */
struct msg_node { uint64_t id; };
struct msg_pid	 msg_self(void);
struct msg_node	 msg_self_node(void);
bool		 msg_pid_equal(struct msg_pid, struct msg_pid);

/* "12@alpha", "alpha"; the text lives to the end of the enclosing block.  The
   name of another node is asked for once; one that nobody here has heard of is
   written as its id, 12@#5f3a9c0177e2b410. */
#define MSG_ADDRESS_MAX		192
#define msg_pid_text(pid)						\
	msg_pid_format(pid, (char [MSG_ADDRESS_MAX]){ "" })
#define msg_node_text(node)						\
	msg_node_format(node, (char [MSG_ADDRESS_MAX]){ "" })
const char	*msg_pid_format(struct msg_pid, char [MSG_ADDRESS_MAX]);
const char	*msg_node_format(struct msg_node, char [MSG_ADDRESS_MAX]);

/* The process an address means: 12  12@alpha  chat  chat@alpha.  A process
   need not be alive, a name must have an owner.  EINVAL, ESRCH; EHOSTUNREACH
   its node is out of reach. */
int		 msg_pid_parse(const char *address, struct msg_pid *);

/*
 * ==== Nodes ====
 *
 * Those that are up, this one first; of one role.  The array is the library's,
 * until the next call of either.  Without any n is 0; v is NULL when it failed,
 * and errno.
 */
struct msg_nodes { size_t n; const struct msg_node *v; };
struct msg_nodes msg_peers(void);
struct msg_nodes msg_peers_by_role(const char *role);

/* The node of that name, or of #5f3a9c0177e2b410.  EINVAL, ESRCH not up. */
int		 msg_node_parse(const char *name, struct msg_node *);

/* From now on nodes are told of, MSG_MATCH_NODE: those that are up, but not
   this one, then each that comes or goes; or not any more, and no notice stays
   behind. */
int		 msg_monitor_nodes(bool);

/*
 * ==== Sending ====
 *
 *	msg_send(to, ping, .from = msg_self())	0, or -1
 *
 * The bytes are in the kernel when it returns: a worker that dies right after
 * has sent.  To the dead, or to nobody, is no error: who must know monitors.
 * It waits while the receiver is choked (its queue is above its mark) or the
 * socket is full, and reads on meanwhile.  EMSGSIZE above max-message,
 * here or of the node it goes to; EINVAL an array without a pointer; EPIPE the
 * supervisor is gone; ENOTCONN no worker.
 */
#define msg_send(to, ...)	msg_send_(to, MSG(__VA_ARGS__))
int	 msg_send_(struct msg_pid, struct msg_body);

/* EAGAIN where msg_send would wait; then the message was not sent. */
#define msg_try_send(to, ...)	msg_try_send_(to, MSG(__VA_ARGS__))
int	 msg_try_send_(struct msg_pid, struct msg_body);

/* A struct T as it is, also one that was received. */
#define msg_send_copy(to, T, m)	msg_send_(to,				\
    (struct msg_body){ &msg_type_##T, _Generic((m),			\
	struct T *: (m), const struct T *: (m)) })

/* msg_send_name("chat@beta", T, ...).  EINVAL: not a name. */
#define msg_send_name(address, ...)					\
	msg_send_name_(address, MSG(__VA_ARGS__))
int	 msg_send_name_(const char *address, struct msg_body);

/* Between these, up to 64 KiB stay in this process and go in one write.  They
   nest.  Whatever waits or asks sends first what is held back. */
void	 msg_cork(void);
int	 msg_uncork(void);
int	 msg_flush(void);	/* all is in the kernel when it returns 0 */

/*
 * ==== Receiving ====
 *
 * ms is milliseconds; 0 does not wait, MSG_FOREVER has no end.
 *
 * msg_expect takes the oldest message of type T; others stay, in their order.
 * -1: ETIMEDOUT; EINTR a signal was handled; EPIPE, ENOTCONN.  *out is all zero
 * then.
 */
#define MSG_FOREVER	(-1)
#define msg_expect(T, out)	msg_expect_for(T, out, MSG_FOREVER)
#define msg_expect_for(T, out, ms)					\
	msg_expect_(&msg_type_##T, MSG_PTR(T, out), ms)
int	 msg_expect_(struct msg_type *, void *out, int ms);

/* Gives back what a received message owns, and zeroes it; twice is harmless.
   Types without strings, blobs and arrays own nothing. */
#define msg_release(T, m)	msg_release_(&msg_type_##T, MSG_PTR(T, m))
void	 msg_release_(const struct msg_type *, void *);

/* MSG_AUTO(pong, p);  is struct pong p, released where its scope ends. */
#define MSG_AUTO(T, name)						\
	struct T name MSG_CLEANUP(msg_auto_) = { .msg = { .ref = 0 } }
void	 msg_auto_(void *message);

/* A message of any type; type, format and image are its own. */
struct msg_any {
	struct msg_meta	 msg;
	const char	*type, *format;
	struct msg_blob	 image;
};
void	 msg_release_any(struct msg_any *);

/* The message in it, as a T.  EBADMSG: it is none; then *out is all zero. */
#define msg_open(T, any, out)	msg_open_(&msg_type_##T, any, MSG_PTR(T, out))
int	 msg_open_(struct msg_type *, const struct msg_any *, void *out);

/* "note si hello 7", allocated; NULL: ENOMEM, ENOTSUP built without libtpl. */
char	*msg_any_text(const struct msg_any *);

/* A death that was told, or an exit signal that was trapped. */
#define MSG_CAUSE_MAX	256
struct msg_down {
	struct msg_pid	 pid;			/* who */
	uint64_t	 ref;			/* of the monitor */
	bool		 normal;
	char		 cause[MSG_CAUSE_MAX];	/* "signal 11 (SEGV)" */
};

/* A node that came, before anything of its processes; or that is out of reach,
   after all their deaths. */
struct msg_node_event {
	struct msg_node	 node;
	bool		 up;
	char		 name[MSG_NAME_MAX + 1], role[MSG_NAME_MAX + 1];
};

/*
 * msg_receive(ms, clause...) takes the oldest message that any clause matches,
 * trying clauses in order for each message, and returns the number of the
 * clause, from 0; or MSG_TIMEOUT, or MSG_ERROR and errno as msg_expect.  The
 * structs of all other clauses are all zero.
 *
 * With ports among them, neighbours that are all ports, or all not, are a run.
 * Runs are tried from left to right, in a run of ports each from left to right;
 * so what is said first goes first, and age counts only within a run of others.
 */
enum { MSG_ERROR = -1, MSG_TIMEOUT = -2 };
#define msg_receive(...)	MSG_RECEIVE_(__VA_ARGS__, )
#define MSG_RECEIVE_(ms, ...)						\
	msg_receive_(ms, (struct msg_clause []){			\
	    __VA_ARGS__ { .what = MSG_IS_END } })

#define MSG_MATCH(T, to)	{					\
	.what = MSG_IS_TYPE, .type = &msg_type_##T, .out = MSG_PTR(T, to) }
/* bool f(const struct T *, const void *), which sends and receives nothing. */
#define MSG_MATCH_IF(T, to, f, context)	{				\
	.what = MSG_IS_TYPE, .type = &msg_type_##T, .out = MSG_PTR(T, to), \
	.ctx = (context),						\
	.pred = _Generic((f), bool (*)(const struct T *, const void *):	\
	    (void (*)(void))(f)) }
/* void f(const struct T *, void *arg) is called, then T released. */
#define MSG_HANDLE(T, f, argument)	{				\
	.what = MSG_IS_TYPE, .type = &msg_type_##T, .arg = (argument),	\
	.handler = _Generic((f), void (*)(const struct T *, void *):	\
	    (void (*)(void))(f)) }
#define MSG_MATCH_DOWN(to)		MSG_DEATH_(MSG_IS_DOWN, to)
#define MSG_MATCH_EXIT(to)		MSG_DEATH_(MSG_IS_EXIT, to)
#define MSG_DEATH_(kind, to)	{					\
	.what = (kind), .out = _Generic((to), struct msg_down *: (to)) }
#define MSG_MATCH_DOWN_OF(whose, to)	{				\
	.what = MSG_IS_DOWN_OF, .pid = (whose),				\
	.out = _Generic((to), struct msg_down *: (to)) }
/* After msg_monitor_nodes(true). */
#define MSG_MATCH_NODE(to)		{				\
	.what = MSG_IS_NODE,						\
	.out = _Generic((to), struct msg_node_event *: (to)) }
/* No message matches, and msg_try_send to pid would not fail now. */
#define MSG_MATCH_WRITABLE(whom)	{				\
	.what = MSG_IS_WRITABLE, .pid = (whom) }
/* From a port of this process, T: struct T_recvport *.  ESRCH: it is closed. */
#define MSG_MATCH_PORT(T, from, to)	{				\
	.what = MSG_IS_PORT, .type = &msg_type_##T,			\
	.out = MSG_PTR(T, to), .port = &MSG_RECEIVER_(T, from)->port }
/* Messages only: no deaths, no exits, no nodes, nothing of ports. */
#define MSG_MATCH_ANY(to)		{				\
	.what = MSG_IS_ANY, .out = _Generic((to), struct msg_any *: (to)) }

struct msg_clause {
	enum {
		MSG_IS_END, MSG_IS_TYPE, MSG_IS_DOWN, MSG_IS_DOWN_OF,
		MSG_IS_EXIT, MSG_IS_NODE, MSG_IS_WRITABLE, MSG_IS_ANY,
		MSG_IS_PORT
	}			 what;
	struct msg_type		*type;
	void			*out;
	void			(*pred)(void);
	const void		*ctx;
	void			(*handler)(void);	/* instead of out */
	void			*arg;
	struct msg_pid		 pid;
	const struct msg_port	*port;
};
int	 msg_receive_(int ms, struct msg_clause *);

/*
 * For a loop of one's own: msg_pump(), which never waits and says how many
 * messages lie here, also in ports (-1: EPIPE); msg_receive(0, ...) until
 * MSG_TIMEOUT; then poll msg_fd() for reading, and again.  In this order, for
 * any other call may have taken messages in.
 */
int	 msg_fd(void);
int	 msg_pump(void);

/*
 * ==== Calls ====
 *
 *	msg_call(server, MSG(add, .a = 1, .b = 2), sum, &sum, 1000)
 *
 * sends and waits for the answer to this very message; others stay in the
 * mailbox.  -1: ESRCH it has ended, EHOSTUNREACH its node is out of reach (for
 * both msg_why() has the cause), ETIMEDOUT, EBADMSG the answer is no T, and the
 * errors of msg_send.  An answer that comes later is dropped.
 */
#define msg_call(to, request, T, out, ms)				\
	msg_call_(to, request, &msg_type_##T, MSG_PTR(T, out), ms)
int	 msg_call_(struct msg_pid, struct msg_body, struct msg_type *,
	    void *out, int ms);

/* msg_reply(&add, sum, .value = 3): to whoever sent it.  To a message that was
   not part of a call the answer is a message. */
#define msg_reply(request, ...)	msg_reply_(&(request)->msg, MSG(__VA_ARGS__))
int	 msg_reply_(const struct msg_meta *, struct msg_body);

/* Passes it on: whoever gets it sees the first sender, and may answer. */
int	 msg_forward(struct msg_pid, const struct msg_any *);

/*
 * ==== Channels ====
 *
 *	struct ping_sendport to;
 *	struct ping_recvport from;
 *
 *	msg_channel(ping, &to, &from)		0, or -1
 *	msg_channel_send(to, ping, .from = msg_self())
 *	msg_channel_receive(ping, &from, &ping)
 *
 * A channel carries messages of one type to the process that made it.  Its send
 * port goes anywhere, as a field (port(ping), reply), and any number of
 * processes may send to it; the receive port cannot be sent, and made up
 * elsewhere from its numbers it receives nothing (ESRCH).
 *
 * What one process sends to a port, to another port of the same owner and to
 * the owner itself is one stream, in the order of sending; only whoever
 * receives chooses.  Sending is msg_send to the owner in all else: it may wait
 * when to.port.owner is choked, and to a port that is closed, or to the dead,
 * it is no error.  The message begins with who sent it.
 */
#define msg_channel(T, send, receive)					\
	msg_channel_(&msg_type_##T,					\
	    &_Generic((send), struct T##_sendport *: (send))->port,	\
	    &_Generic((receive), struct T##_recvport *: (receive))->port)
int	 msg_channel_(struct msg_type *, struct msg_port *, struct msg_port *);

#define msg_channel_send(to, ...)	MSG_CHANNEL_SEND_(to, __VA_ARGS__, )
int	 msg_channel_send_(struct msg_port, struct msg_body);

/* EAGAIN where msg_channel_send would wait; then the message was not sent. */
#define msg_channel_try_send(to, ...)					\
	MSG_CHANNEL_TRY_SEND_(to, __VA_ARGS__, )
int	 msg_channel_try_send_(struct msg_port, struct msg_body);

/* A struct T as it is, also one that was received. */
#define msg_channel_send_copy(to, T, m)					\
	msg_channel_send_(MSG_SENDER_(T, to).port,			\
	    (struct msg_body){ &msg_type_##T, _Generic((m),		\
	    struct T *: (m), const struct T *: (m)) })

/* As msg_expect; ESRCH: it is closed, or another process's. */
#define msg_channel_receive(T, from, out)				\
	msg_channel_receive_for(T, from, out, MSG_FOREVER)
#define msg_channel_receive_for(T, from, out, ms)			\
	msg_channel_receive_(&msg_type_##T,				\
	    &MSG_RECEIVER_(T, from)->port, MSG_PTR(T, out), ms)
int	 msg_channel_receive_(struct msg_type *, const struct msg_port *,
	    void *out, int ms);

/*
 *	msg_channel_merge(ping, &all, MSG_ROUND_ROBIN, ports, n)
 *
 * *out is one receive port for n, which may be merged ones.  Biased: the first
 * that has something.  Round robin: the same, and after each message the list
 * begins one further on.  The n stay as good as before, alone or in other
 * merged ports; a closed one is passed over.  EINVAL: none, or neither biased
 * nor round robin; ESRCH: one is closed; E2BIG: more than 65,536 of them in
 * all, or 32 within each other.
 */
enum { MSG_BIASED = 1, MSG_ROUND_ROBIN = 2 };
#define msg_channel_merge(T, out, how, ports, n)			\
	msg_channel_merge_(&msg_type_##T,				\
	    &_Generic((out), struct T##_recvport *: (out))->port, how,	\
	    MSG_RECEIVER_(T, ports), n)
int	 msg_channel_merge_(struct msg_type *, struct msg_port *out, int how,
	    const void *ports, size_t n);

/* What is unread is lost, what is sent later vanishes, and those who watch are
   told.  Of a merged port: its members stay open.  ESRCH: it was closed. */
#define msg_channel_close(T, from)					\
	msg_channel_close_(&MSG_RECEIVER_(T, from)->port)
int	 msg_channel_close_(const struct msg_port *);

/* As msg_monitor: one notice, "closed" (normal) when the port is, or was
   before, or the cause of its owner's death.  EINVAL: it never was a port. */
#define msg_monitor_port(to)	msg_monitor_port_((to).port)
uint64_t msg_monitor_port_(struct msg_port);

/*
 * ==== Processes ====
 *
 *	MSG_REMOTABLE(ping_server);		static void ping_server(void)
 *	MSG_REMOTABLE(f, (i32, n), (str, s));	static void f(const struct f *)
 *
 * declare functions that can be spawned, and structs of their arguments.
 */
struct msg_entry {
	struct msg_type	*type;
	void		(*run)(const void *args, const void *port);
	struct msg_type	*port;			/* or NULL */
};
#define MSG_REMOTABLE(...)	MSG_REMOTABLE_(__VA_ARGS__, )

/* main's whole work: runs the entry that was asked for, the first without.
   Returns 0; exits 100 when it cannot be run, 111 without a supervisor. */
int	 msg_main(int argc, char **argv, struct msg_entry *const *table);
#define MSG_TABLE(...)		MSG_TABLE_(__VA_ARGS__, )

/*
 *	pid = msg_spawn(node, MSG_CLOSURE(f, .n = 1), .link = true)
 *
 * starts this program on a node, to run that function.  Serial 0 when it
 * failed, and errno: ENOENT, EEXIST the name is taken, EHOSTUNREACH, EINVAL, or
 * of what went wrong; msg_why() has it in words.  A failed spawn leaves nothing
 * behind.
 */
struct msg_closure {
	struct msg_entry	*entry;
	const void		*args;
};
#define MSG_CLOSURE(...)	MSG_CLOSURE_(__VA_ARGS__, )
#define MSG_CLOSURE_(F, ...)	((struct msg_closure){ &msg_entry_##F,	\
    MSG_(F, __VA_ARGS__).message })

struct msg_spawn_options {
	bool		 none_;
	bool		 link;		/* to this process */
	bool		 monitor;	/* by this process */
	uint64_t	*ref;		/* so, and its ref goes there */
	const char	*name;		/* registered from its start, or NULL */
};
#define MSG_OPTIONS_(...)						\
	(&(struct msg_spawn_options){ .none_ = false, __VA_ARGS__ })
#define msg_spawn(node, ...)	MSG_SPAWN_(node, __VA_ARGS__, )
#define MSG_SPAWN_(node, closure, ...)					\
	msg_spawn_(node, closure, MSG_OPTIONS_(__VA_ARGS__))
struct msg_pid	 msg_spawn_(struct msg_node, struct msg_closure,
		    const struct msg_spawn_options *);

/* Another program; its entry's arguments as words, that end with a NULL:
   msg_spawn_program(node, "chat", "chat_server", MSG_WORDS("44444"), ...)
   Entry NULL: its first.  Words NULL: none. */
#define MSG_WORDS(...)		((const char *const []){ __VA_ARGS__, NULL })
#define msg_spawn_program(node, program, ...)				\
	MSG_SPAWN_PROGRAM_(node, program, __VA_ARGS__, )
#define MSG_SPAWN_PROGRAM_(node, program, entry, words, ...)		\
	msg_spawn_program_(node, program, entry, words,			\
	    MSG_OPTIONS_(__VA_ARGS__))
struct msg_pid	 msg_spawn_program_(struct msg_node, const char *program,
		    const char *entry, const char *const *words,
		    const struct msg_spawn_options *);

/*
 *	msg_call_closure(node, MSG_CLOSURE(f, .n = 1), sum, &sum, 1000)
 *
 * runs the function on a node, in a process of its own, and waits for what it
 * returns.  -1, and msg_why(): the errors of msg_spawn; ESRCH it ended without
 * returning, EHOSTUNREACH its node went out of reach, ETIMEDOUT, EBADMSG it
 * returned no T.  It is dead then, or will not be heard of: the time being up
 * kills it, but its start is waited for however long that takes.
 */
#define msg_call_closure(node, closure, T, out, ms)			\
	msg_call_closure_(node, closure, &msg_type_##T, MSG_PTR(T, out), ms)
int	 msg_call_closure_(struct msg_node, struct msg_closure,
	    struct msg_type *, void *out, int ms);

/* In that function: msg_return(sum, .value = 3) is its result and its normal
   end.  Nobody is told in a process that was spawned otherwise. */
#define msg_return(...)		msg_return_(MSG(__VA_ARGS__))
_Noreturn void	msg_return_(struct msg_body);

/*
 *	MSG_REMOTABLE_CHANNEL(server, ping);
 *				static void server(const struct ping_recvport *)
 *	MSG_REMOTABLE_CHANNEL(f, ping, (i32, n));
 *		static void f(const struct ping_recvport *, const struct f *)
 *
 * are functions that can be spawned, too, and begin with a port of their own.
 *
 *	struct ping_sendport to;
 *
 *	pid = msg_spawn_channel(node, &to, MSG_CLOSURE(f, .n = 1), .link = true)
 *
 * is msg_spawn, and &to the way to that port, all zero when it failed; what is
 * sent there at once waits for the process.  The closure is written where it is
 * used: the compiler holds the port's type against it.  Spawned in another way
 * it has the port as well, and nobody was told of it.
 */
#define MSG_REMOTABLE_CHANNEL(F, ...)					\
	MSG_REMOTABLE_CHANNEL_(F, __VA_ARGS__, )

#define msg_spawn_channel(node, to, ...)				\
	MSG_SPAWN_CHANNEL_(node, to, MSG_CHANNEL_OF_##__VA_ARGS__, )
struct msg_pid	 msg_spawn_channel_(struct msg_node, struct msg_port *,
		    struct msg_closure, const struct msg_spawn_options *);

/* What was said of the last request refused: "program x: no such program". */
const char	*msg_why(void);

/*
 * ==== Deaths ====
 *
 * A monitor's notice is a message, MSG_MATCH_DOWN; it comes once, after the
 * last message of the dead.  Of the dead or unknown it comes at once, "noproc";
 * of oneself never.  Returns the ref, or 0 and errno.
 */
uint64_t msg_monitor(struct msg_pid);
int	 msg_demonitor(uint64_t ref);	/* no notice of it stays behind */

/* MSG_WITH_MONITOR(pid) { ... }  Leaving it in any way, by return too,
   demonitors.  A loop to the compiler: break and continue leave it. */
struct msg_scope { uint64_t ref; bool in; };
#define MSG_WITH_MONITOR(pid)	MSG_WITH_(pid, MSG_CAT(msg_scope_, __LINE__))
#define MSG_WITH_(pid, s)						\
	for (struct msg_scope s MSG_CLEANUP(msg_scope_leave_) =		\
	    { msg_monitor(pid), true }; s.in; s.in = false)
void	 msg_scope_leave_(struct msg_scope *);

/* Of two linked processes one ends when the other has ended other than
   normally, unless it traps; then it gets a message, MSG_MATCH_EXIT. */
int	 msg_link(struct msg_pid);
int	 msg_unlink(struct msg_pid);
int	 msg_exit(struct msg_pid, const char *why);  /* NULL: killed by PID */
int	 msg_kill(struct msg_pid);		/* cannot be trapped */
int	 msg_trap_exits(bool);

/*
 * ==== Names ====
 *
 * of this process, on its node.  EEXIST it is taken, ESRCH nobody has it (or
 * another process), EINVAL it is no name.
 */
int	 msg_register(const char *name);
int	 msg_unregister(const char *name);
int	 msg_whereis(const char *address, struct msg_pid *);

/* Whoever has the name on that node, or a new process that has it from its
   start. */
#define msg_whereis_or_spawn(node, name, closure)			\
	msg_whereis_or_spawn_(node, name, closure)
struct msg_pid	 msg_whereis_or_spawn_(struct msg_node, const char *name,
		    struct msg_closure);

/*
 * ==== Life ====
 */
void	 msg_say(const char *fmt, ...) MSG_PRINTF(1);	/* a line on stderr */
int	 msg_ready(void);			/* tells the supervisor */
_Noreturn void	msg_terminate(void);		/* the end is normal */
_Noreturn void	msg_die(const char *fmt, ...) MSG_PRINTF(1);  /* error: ... */

#endif /* MSG_H */
