#!/bin/sh
# echo.sh - a worker in shell: every message goes back to whoever sent it.
#
#	brood spawn --name echo echo.sh
#	brood call echo note s hello		note s hello
#
# What recv prints is FROM TYPE FORMAT VALUE..., quoted for eval.  The sender
# of a call carries the call's ref, so that what is sent there is the answer.
while line=$(brood recv); do
	eval "set -- $line"
	case $2 in
	down | exit)
		;;			# a death is told, not sent
	stop)
		exit 0
		;;
	*)
		brood send "$@"
		;;
	esac
done
