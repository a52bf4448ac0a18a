# SPDX-License-Identifier: BSD-3-Clause
# The commands people type. The build itself is meson's: see meson.build.
BUILD ?= build
PREFIX ?= /usr/local
SANITIZE = -Db_lundef=false --buildtype=debugoptimized

CLIENTS = unbound bind9 dnsmasq-base postfix exim4-daemon-heavy
SLOW_CLIENTS = rspamd spamassassin haraka

.PHONY: all deps build run test test-asan test-tsan test-arm64 test-clients test-nic test-long bench lint format fuzz install clean

all: build

deps:
	packaging/deps.sh run test lint fuzz clients

$(BUILD)/build.ninja:
	packaging/deps.sh test
	meson setup $(BUILD) --prefix=$(PREFIX) --sysconfdir=/etc

build: $(BUILD)/build.ninja
	ninja -C $(BUILD)

run: build
	packaging/deps.sh run
	packaging/run.sh $(BUILD)

test:
	packaging/deps.sh test clients
	-tests/clients/unpack.sh $(CLIENTS)
	tests/run.py $(BUILD)

# Real mail servers and resolvers, each in namespaces of its own; ONLY=postfix runs one.
test-clients:
	packaging/deps.sh test clients
	-tests/clients/unpack.sh $(CLIENTS) $(SLOW_CLIENTS)
	tests/run.py $(BUILD) $(if $(ONLY),client-$(ONLY),--suite clients --suite clients-slow)

# The same suite with AddressSanitizer and UndefinedBehaviorSanitizer.
test-asan:
	packaging/deps.sh test clients
	-tests/clients/unpack.sh $(CLIENTS)
	[ -e $(BUILD)-asan/build.ninja ] || meson setup $(BUILD)-asan -Db_sanitize=address,undefined $(SANITIZE)
	tests/run.py $(BUILD)-asan

# What several threads share: the tables and the update channel.
test-tsan:
	packaging/deps.sh test
	[ -e $(BUILD)-tsan/build.ninja ] || meson setup $(BUILD)-tsan -Db_sanitize=thread $(SANITIZE)
	tests/run.py $(BUILD)-tsan --suite threads

# Units, golden answers and fuzz corpora as arm64 programs, under user emulation: what the compiler
# makes of the orderings for a weakly ordered processor, not what such a processor makes of them.
test-arm64:
	packaging/deps.sh test arm64
	tests/arm64/sysroot.sh $(BUILD)-arm64-root
	[ -e $(BUILD)-arm64/build.ninja ] || meson setup $(BUILD)-arm64 --cross-file $(BUILD)-arm64-root/cross.ini
	tests/run.py $(BUILD)-arm64 --suite unit --suite golden --suite fuzz --no-suite native -t 5

# The data plane on PCI network cards: emulated ones, in a guest that is emulated too (no KVM).
test-nic:
	packaging/deps.sh test nic
	-tests/nic/unpack.sh build-nic
	tests/run.py $(BUILD) --suite nic

# The long runs: arm64, network cards, a million answers beside rbldnsd's, real data, and every fuzz target for ten
# minutes. Hours, not minutes.
test-long: test-arm64 test-nic
	/usr/bin/python3 tests/smoke/test_rbldnsd.py $(BUILD) /usr/sbin/rbldnsd 1000000
	-tests/data/fetch.sh
	tests/run.py $(BUILD) --suite real
	$(MAKE) fuzz SECONDS_EACH=600

bench:
	@packaging/deps.sh test bench >&2
	@bench/run.sh $(BUILD)

lint:
	packaging/deps.sh test lint
	tests/lint/lint.sh

format:
	packaging/deps.sh lint
	git ls-files '*.c' '*.h' | xargs clang-format-14 -i

SECONDS_EACH ?= 20
fuzz:
	packaging/deps.sh fuzz
	[ -e $(BUILD)-fuzz/build.ninja ] || CC=clang meson setup $(BUILD)-fuzz -Dfuzz=true -Db_sanitize=address,undefined $(SANITIZE)
	ninja -C $(BUILD)-fuzz
	tests/fuzz/run.sh $(BUILD)-fuzz $(SECONDS_EACH)

install: build
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz $(BUILD)-arm64 $(BUILD)-arm64-root build-clients build-data build-nic run
