# test.mk - tests: unit, negative, bats, fuzz, lint, sanitizers.  Each target
# prints TAP; scripts/check adds them up.

JOBS	?= $(shell expr 2 \* $$(nproc))
FUZZ_SECONDS ?= 60
# Hosts are namespaces, or nodes behind proxies: slow, so a part of their own.
HOSTS	= $(wildcard tests/*-netns.bats tests/*-proxied.bats \
	  tests/*-loopback.bats) tests/bed.bats tests/network.bats \
	  tests/strangers.bats
LOCAL	= $(filter-out $(HOSTS),$(wildcard tests/*.bats))
TESTS	?= $(LOCAL)		# make bats TESTS=tests/flow.bats

# ---- programs of the tests ----

# Everything but the mains: the linker takes what a test needs.
PARTS	= $(filter-out %/broodd.o %/relay.o %/brood.o, \
	  $(patsubst %.c,$(BUILD)/%.o,$(wildcard supervisor/*.c ctl/*.c)))
UNITS	= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*_test.c))
TWORKERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/workers/*.c))
HTOOLS	= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/hosts/*.c))
SHIMS	= $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/shim/*.c))
FUZZERS	= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*_fuzz.c))
TEST_L	= $(BUILD)/tests/parts.a $(BUILD)/libmsg.a $(BSD_L) $(EVENT_L) $(ARES_L) \
	  $(MD_L) $(TLS_L) -ltpl

$(BUILD)/tests/parts.a: $(PARTS)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^
# The chat server's are apart: some have the names of others.
$(BUILD)/tests/chat.a: $(call obj,worker,$(CHAT))
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^
CHAT_TESTS = $(filter $(BUILD)/tests/unit/chat_% $(BUILD)/tests/fuzz/chat_%, \
	  $(UNITS) $(FUZZERS))
$(CHAT_TESTS): $(BUILD)/tests/chat.a
$(CHAT_TESTS): CHAT_L = $(BUILD)/tests/chat.a
$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(COMPILE) -Itests/unit -Isupervisor -Ilibmsg -Ictl -MMD -MP -c \
	    -o $@ $<
$(UNITS): %: %.o $(BUILD)/tests/parts.a $(BUILD)/libmsg.a
	$(LINK) -o $@ $< $(CHAT_L) $(TEST_L)
$(TWORKERS): %: %.o $(BUILD)/libmsg.a
	$(LINK) -o $@ $< $(BUILD)/libmsg.a $(BSD_L) -ltpl
$(HTOOLS): %: %.o
	$(LINK) -o $@ $< $(BSD_L)
$(BUILD)/tests/shim/%.so: tests/shim/%.c
	@mkdir -p $(@D)
	$(COMPILE) -shared -o $@ $<
$(FUZZERS): %: %.o $(BUILD)/tests/parts.a $(BUILD)/libmsg.a
	$(LINK) -fsanitize=fuzzer -o $@ $< $(CHAT_L) $(TEST_L)

# ---- pages made from the code ----

docs/wire.md: scripts/wire_doc.c libmsg/wire.h
	@mkdir -p $(BUILD)
	$(COMPILE) -Ilibmsg -o $(BUILD)/wire_doc scripts/wire_doc.c \
	    libmsg/wire.c libmsg/buf.c
	$(BUILD)/wire_doc >$@.new && mv $@.new $@

# ---- the parts of scripts/check ----

ENV	= BROOD_BIN=$(abspath $(BIN)) BROOD_BUILD=$(abspath $(BUILD)) CC=$(CC)

check:
	scripts/check
lint: all
	@$(ENV) scripts/tap -t 120 scripts/lint/check-*
unit: $(UNITS)
	@scripts/tap -t 120 $(UNITS)
neg:
	@$(ENV) scripts/tap -t 120 tests/neg/run.sh
bats: all $(TWORKERS) $(HTOOLS) $(SHIMS)
	@$(ENV) bats --formatter tap --jobs $(JOBS) $(TESTS)
hosts: all $(TWORKERS) $(HTOOLS) $(SHIMS)
	@$(ENV) bats --formatter tap --jobs $(JOBS) $(HOSTS)
valgrind: all $(TWORKERS)
	@$(ENV) bats --setup-suite-file tests/setup_suite.bash \
	    --formatter tap tests/valgrind

# Sanitizers: builds of their own, beside the plain one.
SAN	= -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	  -fno-sanitize-recover=undefined
asan:
	@$(MAKE) -s -j$(shell nproc) BUILD=build/asan BIN=build/asan/bin \
	    CFLAGS='$(SAN)' asan-programs
	@r=0; export BROOD_SLOW=4; for part in unit bats; do \
	    $(MAKE) -s BUILD=build/asan BIN=build/asan/bin \
		CFLAGS='$(SAN)' $$part || r=1; done; exit $$r
# No part of scripts/check: it takes a quarter of an hour.
hosts-asan:
	@$(MAKE) -s -j$(shell nproc) BUILD=build/asan BIN=build/asan/bin \
	    CFLAGS='$(SAN)' hosts-programs
	@BROOD_SLOW=4 $(MAKE) -s BUILD=build/asan BIN=build/asan/bin \
	    CFLAGS='$(SAN)' hosts
hosts-programs: all $(TWORKERS) $(HTOOLS)
asan-programs: hosts-programs $(UNITS)
test-programs: asan-programs $(SHIMS)

fuzz:
	@$(MAKE) -s -j$(shell nproc) BUILD=build/fuzz BIN=build/fuzz/bin \
	    CC=clang CFLAGS='$(SAN) -fsanitize=fuzzer-no-link' fuzz-programs
	@$(MAKE) -s BUILD=build/fuzz fuzz-run
fuzz-short:
	@$(MAKE) -s FUZZ_SECONDS=5 fuzz
fuzz-programs: $(FUZZERS)
fuzz-run:
	@scripts/fuzz $(FUZZ_SECONDS) $(FUZZERS)

coverage:
	@$(MAKE) -s BUILD=build/coverage BIN=build/coverage/bin \
	    CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage asan-programs
	-@$(MAKE) -s BUILD=build/coverage BIN=build/coverage/bin \
	    CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage unit bats
	lcov -q --capture --directory build/coverage --no-external \
	    --base-directory . --output-file build/coverage/all.info
	lcov --list build/coverage/all.info

.PHONY: check lint unit neg bats hosts hosts-asan hosts-programs valgrind \
    asan asan-programs test-programs fuzz fuzz-short fuzz-programs fuzz-run coverage
-include $(wildcard $(BUILD)/tests/*/*.d)
