/* verbs.h - the table of verbs. */
#ifndef VERBS_H
#define VERBS_H
#include "verb.h"

extern const struct verb	verbs[];	/* ends with name NULL */

/* What every verb takes, too; ends with key 0. */
extern const struct verb_option	verbs_options[];

#endif /* VERBS_H */
