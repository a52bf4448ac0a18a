# SPDX-License-Identifier: BSD-3-Clause
# The commands people type. The build itself is meson's: see meson.build.
BUILD ?= build
PREFIX ?= /usr/local
SANITIZE = -Db_lundef=false --buildtype=debugoptimized

.PHONY: all deps build run test test-asan test-tsan test-long bench lint format fuzz install clean

all: build

deps:
	packaging/deps.sh run test lint fuzz

$(BUILD)/build.ninja:
	packaging/deps.sh test
	meson setup $(BUILD) --prefix=$(PREFIX) --sysconfdir=/etc

build: $(BUILD)/build.ninja
	ninja -C $(BUILD)

run: build
	packaging/deps.sh run
	packaging/run.sh $(BUILD)

test:
	packaging/deps.sh test
	tests/run.py $(BUILD)

# The same suite with AddressSanitizer and UndefinedBehaviorSanitizer.
test-asan:
	packaging/deps.sh test
	[ -e $(BUILD)-asan/build.ninja ] || meson setup $(BUILD)-asan -Db_sanitize=address,undefined $(SANITIZE)
	tests/run.py $(BUILD)-asan

# What several threads share: the tables and the update channel.
test-tsan:
	packaging/deps.sh test
	[ -e $(BUILD)-tsan/build.ninja ] || meson setup $(BUILD)-tsan -Db_sanitize=thread $(SANITIZE)
	tests/run.py $(BUILD)-tsan --suite threads

# The long runs: every fuzz target for ten minutes. Hours, not minutes.
test-long:
	$(MAKE) fuzz SECONDS_EACH=600

bench:
	packaging/deps.sh test
	bench/run.sh $(BUILD)

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
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz run
