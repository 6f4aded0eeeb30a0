%% peer_erlang_nodes.erl - the figures between hosts of two Erlang nodes; run
%% by peer_erlang_nodes.
%%
%% Owns:    far_pingpong: {Sender, Binary} of 64 bytes and its echo.
%%          far_oneway, far_oneway64k: Count messages {m, Binary}; the clock
%%          stops when the receiver has taken them all and has said so.
%%          far_exit: spawn_monitor of a process (Erlang's own, no program)
%%          that ends at once, until its 'DOWN'.
%% Errors:  a crash report; the node ends with 1.
-module(peer_erlang_nodes).
-export([main/1, echo/0, sink/2]).

main([NodeName, Figure, CountText]) ->
	Node = list_to_atom(NodeName),
	ok = connect(Node, 200),
	measure(Figure, Node, list_to_integer(CountText)),
	halt(0).

connect(_, 0) -> nobody;
connect(Node, Tries) ->
	case net_kernel:connect_node(Node) of
		true -> ok;
		_ -> timer:sleep(25), connect(Node, Tries - 1)
	end.

measure("far_pingpong", Node, Count) ->
	Echo = spawn(Node, ?MODULE, echo, []),
	Data = binary:copy(<<7>>, 64),
	pingpong(Echo, Data, Count div 10, []),
	latency("far_pingpong", pingpong(Echo, Data, Count, []));
measure("far_oneway", Node, Count) ->
	Seconds = oneway(Node, 64, Count),
	io:format("far_oneway.erlang ~.3f msg/s~n", [Count / Seconds]);
measure("far_oneway64k", Node, Count) ->
	Seconds = oneway(Node, 65536, Count),
	io:format("far_oneway64k.erlang ~.3f MB/s~n",
	    [Count * 65536 / Seconds / 1.0e6]);
measure("far_exit", Node, Count) ->
	latency("far_exit", [exiting(Node) || _ <- lists:seq(1, Count)]).

%% ---- the far end ----

echo() ->
	receive {From, Data} -> From ! Data end,
	echo().

sink(0, To) -> To ! done;
sink(Count, To) ->
	receive {m, _} -> sink(Count - 1, To) end.

%% ---- this end ----

now_ns() -> erlang:monotonic_time(nanosecond).

pingpong(_, _, 0, Samples) -> Samples;
pingpong(Echo, Data, Count, Samples) ->
	Start = now_ns(),
	Echo ! {self(), Data},
	receive Data -> ok end,
	pingpong(Echo, Data, Count - 1, [now_ns() - Start | Samples]).

oneway(Node, Size, Count) ->
	Sink = spawn(Node, ?MODULE, sink, [Count, self()]),
	Start = now_ns(),
	flood(Sink, {m, binary:copy(<<7>>, Size)}, Count),
	receive done -> ok end,
	(now_ns() - Start) / 1.0e9.

flood(_, _, 0) -> ok;
flood(Sink, Message, Count) ->
	Sink ! Message,
	flood(Sink, Message, Count - 1).

exiting(Node) ->
	Start = now_ns(),
	{_, Ref} = spawn_monitor(Node, erlang, node, []),
	receive {'DOWN', Ref, _, _, _} -> ok end,
	now_ns() - Start.

latency(Figure, Samples) ->
	Sorted = lists:sort(Samples),
	N = length(Sorted),
	Line = fun(Name, At) ->
		io:format("~s.~s ~.3f us~n",
		    [Figure, Name, lists:nth(At, Sorted) / 1000])
	end,
	Line("erlang", N div 2 + 1),
	Line("erlang.p99", N * 99 div 100 + 1).
