# bench.mk - the programs behind every performance figure: make bench.
#
#	make bench		all rounds; writes docs/performance.md
#	make bench BENCH_ARGS=-q	one short round: does all of it run?
#	make bench-build	only builds them, into bin/bench

# A peer whose library is missing is left out; bench/run then says so.
BENCH_ZMQ := $(shell pkg-config --exists libzmq && echo peer_zmq)
BENCH_PLAIN = raw_message raw_process loop_cost breaker peer_nats peer_tpl \
	  peer_killer fan_out $(BENCH_ZMQ)
# As workers-musl: static ones start several times faster on virtual machines.
BENCH_MUSL := $(shell command -v $(MUSL_CC) > /dev/null && \
    echo $(BIN)/bench/musl/brood_process)
BENCH_WORKERS = brood_message brood_channel brood_mailbox brood_scale \
	  brood_idle brood_outage

bench: all bench-build
	bench/run $(BENCH_ARGS)

bench-build: $(addprefix $(BIN)/bench/,$(BENCH_PLAIN) $(BENCH_WORKERS) \
    brood_process brood_codec brood_child exit_at_once) $(BENCH_MUSL)

$(BUILD)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(COMPILE) -Ilibmsg -Isupervisor -MMD -MP -c -o $@ $<

BENCH_LIBS_loop_cost = $(EVENT_L)
BENCH_LIBS_peer_tpl = -ltpl
BENCH_LIBS_peer_zmq = $(shell pkg-config --libs libzmq)
$(BENCH_PLAIN:%=$(BIN)/bench/%): $(BIN)/bench/%: $(BUILD)/bench/%.o \
    $(BUILD)/bench/common.o
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BENCH_LIBS_$*) $(BSD_L)
$(BENCH_WORKERS:%=$(BIN)/bench/%): $(BIN)/bench/%: $(BUILD)/bench/%.o \
    $(BUILD)/bench/common.o $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BSD_L) -ltpl
$(BIN)/bench/brood_process: $(BUILD)/bench/brood_process.o \
    $(BUILD)/bench/plain_child.o $(BUILD)/bench/common.o $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BSD_L) -ltpl
$(BIN)/bench/musl/brood_process: $(MUSL)/bench/brood_process.o \
    $(MUSL)/bench/plain_child.o $(MUSL)/bench/common.o \
    $(patsubst %,$(MUSL)/libmsg/%.o,$(LOWER) $(UPPER))
	@mkdir -p $(@D)
	$(MUSL_CC) -static -o $@ $^
$(BIN)/bench/brood_codec: $(BUILD)/bench/brood_codec.o \
    $(BUILD)/bench/common.o $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BSD_L) -ltpl
$(BIN)/bench/brood_child: $(BUILD)/bench/brood_child.o \
    $(BUILD)/bench/common.o $(BUILD)/supervisor/child.o
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BSD_L)
$(BIN)/bench/exit_at_once: $(BUILD)/bench/exit_at_once.o
	@mkdir -p $(@D)
	$(LINK) -o $@ $^

.PHONY: bench bench-build
