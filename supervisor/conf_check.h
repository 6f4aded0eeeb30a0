/*
 * conf_check.h - rules between settings, and what is not built yet.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H
#include "conf_sink.h"
#include "settings.h"

/* What no single value shows; called by conf_load.  Problems go to the sink. */
void	 conf_check(const struct conf *, struct conf_sink *);

/*
 * Only for a broodd that is root: no worker has the relay's user, which could
 * kill the relay.  By name; whoever looks the users up compares their ids.
 */
void	 conf_check_users(const struct conf *, struct conf_sink *);

/*
 * A line for each setting whose function is not built and that asks for
 * something else than what is done instead.  These are warnings.
 */
void	 conf_unsupported(const struct conf *, struct conf_sink *);

#endif /* CONF_CHECK_H */
