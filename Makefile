# brood - everything is built, tested and installed from here.
#
#	make		bin/broodd bin/relay bin/brood bin/workers/*, libmsg
#	make check	all tests (./scripts/check installs what they need first)
#	make install	follows DESTDIR, PREFIX, SYSCONFDIR
#	make asan | hosts-asan | fuzz | bench | lint | coverage | workers-musl |
#	clean
#
# BUILD and BIN name where things go, so that builds can stand side by side.

VERSION	= 0.1.0
CC	?= cc
CFLAGS	?= -O2 -g
PREFIX	?= /usr/local
SYSCONFDIR ?= /etc
BUILD	?= build
BIN	?= bin

STD	= -std=c11 -D_GNU_SOURCE
WARN	= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -Wpointer-arith -Wwrite-strings -Wsign-compare -Wformat=2 -Wvla \
	  -Wconversion
HARDEN	?= -fstack-protector-strong -fPIC -fno-semantic-interposition
BSD_C	:= $(shell pkg-config --cflags libbsd-overlay)
BSD_L	:= $(shell pkg-config --libs libbsd-overlay)
EVENT_L	:= $(shell pkg-config --libs libevent_core)
MD_L	:= $(shell pkg-config --libs libmd)
TLS_L	:= $(shell pkg-config --libs openssl)
ARES_L	:= $(shell pkg-config --libs libcares)
DEFS	= -DBROOD_VERSION='"$(VERSION)"' -DBROOD_SYSCONFDIR='"$(SYSCONFDIR)"'
COMPILE	= $(CC) $(STD) $(WARN) $(DEFS) $(HARDEN) $(BSD_C) $(CPPFLAGS) $(CFLAGS)
LINK	= $(CC) $(CFLAGS) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

# ---- modules; docs/layers says who may include whom ----

LOWER	= bug mono buf pid wire conn
UPPER	= $(filter-out $(LOWER),$(patsubst libmsg/%.c,%,$(wildcard libmsg/*.c)))
CONF	= ini conf_sink conf_unit conf_words conf_host conf_value conf_table \
	  conf_store conf_check conf_print conf log_sink log
BROODD	= $(CONF) account words where programs source sigs notify sweep rundir \
	  daemonize child keys listen starter kids orders report reload guard \
	  parent broodd
RELAY	= $(CONF) keys bytes tls loop node host proc names stream lane \
	  lane_half peer \
	  registry post flow ask life ends watch errand death spawn carry route \
	  hail target dial proxy trunk session clash handshake mesh remote \
	  traffic announce places beacon discover netif resolve rows census \
	  lines live output link query guest boot tcp strangers tcp_dial net \
	  relay
CTL	= $(patsubst ctl/%.c,%,$(wildcard ctl/*.c))
WORKERS	= $(patsubst worker/%.c,%,$(wildcard worker/*.c))
CHAT	= $(patsubst worker/%.c,%,$(wildcard worker/chat/*.c))
SCRIPTS	= $(patsubst worker/%,%,$(wildcard worker/*.sh))
MAN	= $(wildcard man/*.[1-8])

obj	= $(patsubst %,$(BUILD)/$(1)/%.o,$(2))
LOWER_O	= $(call obj,libmsg,$(LOWER))
LIBMSG_O = $(LOWER_O) $(call obj,libmsg,$(UPPER))

all: $(BIN)/broodd $(BIN)/relay $(BIN)/brood $(BUILD)/libmsg.so \
    $(BUILD)/libmsg.a $(BUILD)/libmsg.pc \
    $(WORKERS:%=$(BIN)/workers/%) $(SCRIPTS:%=$(BIN)/workers/%)

# ---- compile ----

$(BUILD)/libmsg/%.o: libmsg/%.c
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<
$(BUILD)/supervisor/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(COMPILE) -Ilibmsg -MMD -MP -c -o $@ $<
$(BUILD)/ctl/%.o: ctl/%.c
	@mkdir -p $(@D)
	$(COMPILE) -Ilibmsg -MMD -MP -c -o $@ $<
$(BUILD)/worker/%.o: worker/%.c
	@mkdir -p $(@D)
	$(COMPILE) -Ilibmsg -MMD -MP -c -o $@ $<

# ---- link: one foreign library, one program ----

$(BIN)/broodd: $(call obj,supervisor,$(BROODD)) $(LOWER_O)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BSD_L) $(MD_L)
$(BIN)/relay: $(call obj,supervisor,$(RELAY)) $(LOWER_O)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BSD_L) $(EVENT_L) $(ARES_L) \
	    $(MD_L) $(TLS_L)
$(BIN)/brood: $(call obj,ctl,$(CTL)) $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(BSD_L) -ltpl
$(BUILD)/conf_doc: $(call obj,supervisor,$(CONF) conf_doc) $(LOWER_O)
	$(LINK) -o $@ $^ $(BSD_L)
$(BIN)/workers/chat: $(call obj,worker,$(CHAT))
$(BIN)/workers/chat: WORKER_L = $(EVENT_L)
$(BIN)/workers/%: $(BUILD)/worker/%.o $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(BSD_L) $(WORKER_L) \
	    -ltpl
$(BIN)/workers/%.sh: worker/%.sh
	@mkdir -p $(@D)
	install -m 755 $< $@
$(BUILD)/libmsg.a: $(LIBMSG_O)
	rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/libmsg.so: $(LIBMSG_O)
	$(LINK) -shared -Wl,-soname,libmsg.so.0 -o $@ $^ $(BSD_L) -ltpl
# Written for the folders of this very make: at install once more.
PC	= { echo 'prefix=$(PREFIX)'; echo 'libdir=$${prefix}/lib'; \
	  echo 'includedir=$${prefix}/include'; echo; echo 'Name: libmsg'; \
	  echo 'Description: the worker library of brood'; \
	  echo 'Version: $(VERSION)'; echo 'Cflags: -I$${includedir}'; \
	  echo 'Libs: -L$${libdir} -lmsg'; \
	  echo 'Libs.private: -ltpl -lbsd'; }
$(BUILD)/libmsg.pc: Makefile
	@mkdir -p $(@D)
	@$(PC) > $@

# ---- static workers, where musl-tools is installed ----
#
# A static musl program starts several times faster on virtual machines.  libtpl
# and libbsd exist for the system's C library alone, so these have no run-time
# formats (ENOTSUP).  <sys/queue.h> is macros only and is lent by the system.
# chat needs libevent, which is not there for musl either.

MUSL_CC	?= musl-gcc
MUSL	= $(BUILD)/musl
workers-musl: $(patsubst %,$(BIN)/workers-musl/%,$(filter-out chat,$(WORKERS)))
$(MUSL)/sys/queue.h:
	@mkdir -p $(@D)
	cp "$$(echo '#include <sys/queue.h>' | $(CC) -M -xc - | \
	    tr ' ' '\n' | grep 'sys/queue\.h')" $@
$(MUSL)/%.o: %.c $(MUSL)/sys/queue.h
	@mkdir -p $(@D)
	$(MUSL_CC) $(STD) $(filter-out -Wconversion,$(WARN)) -O2 -DMSG_NO_TPL -I$(MUSL) -Ilibmsg \
	    -MMD -MP -c -o $@ $<
$(BIN)/workers-musl/%: $(MUSL)/worker/%.o \
    $(patsubst %,$(MUSL)/libmsg/%.o,$(LOWER) $(UPPER))
	@mkdir -p $(@D)
	$(MUSL_CC) -static -o $@ $^

include mk/test.mk
include mk/bench.mk

# ---- documents made from the code's tables ----

docs: $(BUILD)/conf_doc
	$(BUILD)/conf_doc sample > etc/brood.conf
	$(BUILD)/conf_doc man < man/brood.conf.5 > $(BUILD)/brood.conf.5
	cp $(BUILD)/brood.conf.5 man/brood.conf.5

# ---- install ----

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(PREFIX)/lib/brood/workers \
	    $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include \
	    $(DESTDIR)$(SYSCONFDIR)/brood/workers.d
	install -m 755 $(BIN)/broodd $(DESTDIR)$(PREFIX)/sbin/broodd
	install -m 755 $(BIN)/brood $(DESTDIR)$(PREFIX)/bin/brood
	install -m 755 $(BIN)/relay $(DESTDIR)$(PREFIX)/lib/brood/relay
	install -m 755 scripts/gen-key $(DESTDIR)$(PREFIX)/lib/brood/gen-key
	for w in $(WORKERS) $(SCRIPTS); do install -m 755 $(BIN)/workers/$$w \
	    $(DESTDIR)$(PREFIX)/lib/brood/workers/$$w || exit 1; done
	install -m 644 libmsg/msg.h libmsg/msg_type.h \
	    $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(BUILD)/libmsg.a $(DESTDIR)$(PREFIX)/lib/libmsg.a
	install -m 755 $(BUILD)/libmsg.so $(DESTDIR)$(PREFIX)/lib/libmsg.so.0
	ln -sf libmsg.so.0 $(DESTDIR)$(PREFIX)/lib/libmsg.so
	$(PC) > $(DESTDIR)$(PREFIX)/lib/pkgconfig/libmsg.pc
	for m in $(MAN); do s=$${m##*.}; \
	    install -d $(DESTDIR)$(PREFIX)/share/man/man$$s && \
	    install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$$s/ || \
	    exit 1; done
	install -m 644 etc/workers.d/example.conf \
	    $(DESTDIR)$(SYSCONFDIR)/brood/workers.d/example.conf
	test -e $(DESTDIR)$(SYSCONFDIR)/brood/brood.conf || install -m 644 \
	    etc/brood.conf $(DESTDIR)$(SYSCONFDIR)/brood/brood.conf

clean:
	rm -rf build $(BUILD) bin $(BIN)

.PHONY: all docs install workers-musl clean
.SECONDARY:
-include $(wildcard $(BUILD)/*/*.d $(BUILD)/worker/*/*.d $(BUILD)/musl/*/*.d)
