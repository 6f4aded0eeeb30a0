/*
 * protocol.h - what chat servers say to each other.
 *
 * A user is (name, home, number): the server that has the connection, and a
 * number that server gives once.  Names come and go, this does not: whoever
 * is meant is named by all three, the home being sender or receiver.
 *
 * The order is that of messages between two processes.  What a server says of
 * its users counts from its chat_users on; see docs/chat.md.
 */
#ifndef CHAT_PROTOCOL_H
#define CHAT_PROTOCOL_H
#include "msg.h"

/* To chat@NODE, when that node came: who are you?  Answered with chat_users. */
MSG_TYPE(chat_hello);

/* All users of the sender; with want, it is to be answered with the same. */
MSG_TYPE(chat_users, (bool, want), (strs, names), (u64s, numbers));

/* One more, one less. */
MSG_TYPE(chat_new, (str, name), (u64, number));
MSG_TYPE(chat_gone, (str, name), (u64, number));

/* Whole lines, ready to be shown, for all users of the receiver. */
MSG_TYPE(chat_lines, (blob, text));

/* A line for one user of the receiver. */
MSG_TYPE(chat_tell, (str, name), (u64, number), (blob, text));

/* A user of the receiver is to go; and how that went, back to who asked. */
MSG_TYPE(chat_kick, (str, name), (u64, number), (str, by), (u64, by_number));
MSG_TYPE(chat_kicked, (str, name), (bool, done), (str, by), (u64, by_number));

#endif /* CHAT_PROTOCOL_H */
