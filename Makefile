# SPDX-License-Identifier: GPL-2.0
# quorum: Raft in the kernel. `make help` lists the targets.
#
#   KDIR=DIR     kernel build directory for the module (default: the running
#                kernel's, else the newest installed Debian cloud kernel's)
#   DESTDIR, PREFIX   for install (PREFIX: /usr)
#   LANES="..."  for test: only these lanes
#   SELFTESTS="..."  for selftests: only these of tests/selftests (basic ...)

# Kbuild reads the file Kbuild; this one is for people. No built-in rules.
SHELL := /bin/bash
MAKEFLAGS += -rR --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
# modinfo and depmod: an ordinary user's PATH has no sbin.
export PATH := $(PATH):/usr/sbin:/sbin

TOP     := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD   := $(TOP)/build
VERSION  = $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' $(TOP)/dkms.conf)
KERNEL  := $(or $(KDIR),default)
# Sets `release`, the kernel build/quorum.ko is for, or fails.
GET_RELEASE = vermagic=$$(modinfo -F vermagic $(BUILD)/quorum.ko) && \
	release=$${vermagic%% *} && { [ -n "$$release" ] || \
	{ echo "build/quorum.ko does not say which kernel it is for" >&2; exit 1; }; }
DKMS     = $(DESTDIR)/usr/src/quorum-$(VERSION)

.PHONY: all module tools unit scenarios kunit selftests selftests-smp flood-long ends-long cluster power-cut cluster-long test demo check \
	sim sim-long bench coverage crash crash-long corrupt corrupt-long fuzz explore mutants mutants-short install dkms-install kernels deps clean distclean help

all: module tools		## build the module and the tools (the default)

module:				## build build/quorum.ko
	@$(TOP)/scripts/deps $(if $(KDIR),tools,build)
	@stage=$$($(TOP)/scripts/module $(KERNEL)) && \
		install -D -m 0644 "$$stage/quorum.ko" $(BUILD)/quorum.ko && \
		$(GET_RELEASE) && echo "built build/quorum.ko for $$release"

tools:				## build libquorum and quorumctl
	@$(TOP)/scripts/deps tools
	@$(MAKE) -C $(TOP)/userspace all
	@mkdir -p $(BUILD)/bin && ln -sfn ../tools/quorumctl $(BUILD)/bin/quorumctl

unit:				## test engine and formats in user space, with sanitizers
	@$(TOP)/scripts/deps unit
	@status=0; mkdir -p $(BUILD); \
		flock $(BUILD)/unit.lock $(MAKE) -s -C $(TOP)/tests/unit build && \
		$(MAKE) -C $(TOP)/tests/unit || status=1; \
		$(MAKE) -C $(TOP)/userspace check || status=1; exit $$status

scenarios:			## scripted Raft bugs against the engine (tests/scenarios)
	@$(TOP)/scripts/deps unit
	@$(MAKE) -C $(TOP)/tests/scenarios

sim:				## 100,000 simulated clusters with every kind of fault
	@$(TOP)/scripts/deps unit
	@$(MAKE) -s -C $(TOP)/tests/sim
	@$(MAKE) -s -C $(TOP)/tests/sim sanitized
	@$(BUILD)/sanitized/quorum-sim --seeds 1..150 $(QUORUM_JOBS:%=--jobs %)
	@$(BUILD)/quorum-sim --seeds 1..1000 --twice $(QUORUM_JOBS:%=--jobs %)
	@$(BUILD)/quorum-sim --seeds 1001..100000 --coverage $(QUORUM_JOBS:%=--jobs %)

explore:			## every interleaving of small clusters
	@$(TOP)/scripts/deps unit
	@$(MAKE) -s -C $(TOP)/tests/sim
	@$(BUILD)/quorum-explore

mutants:			## put known bugs back: each must be found
	@$(TOP)/scripts/deps unit
	@$(TOP)/tests/mutants/run.py

mutants-short:			## a sample of them, for CI
	@$(TOP)/scripts/deps unit
	@$(TOP)/tests/mutants/run.py --short

sim-long:			## the same for hours: SEEDS=A..B STEPS=K
	@$(TOP)/scripts/deps unit
	@$(MAKE) -s -C $(TOP)/tests/sim
	@$(BUILD)/quorum-sim --seeds $(or $(SEEDS),1000000..9000000) --steps $(or $(STEPS),6000)

corrupt:			## recovery over every damage of a small image
	@$(TOP)/scripts/deps unit
	@$(MAKE) -C $(TOP)/tests/corrupt

corrupt-long:			## the same with nothing sampled: 1.7 million cases
	@$(TOP)/scripts/deps unit
	@$(MAKE) -C $(TOP)/tests/corrupt FULL=1

fuzz:				## libFuzzer over recovery and datagrams (FUZZ_SECONDS=12 each)
	@$(TOP)/scripts/deps unit fuzz
	@$(MAKE) -s -C $(TOP)/tests/fuzz

crash:				## the store over a device that loses power, 20,000 times
	@$(TOP)/scripts/deps unit
	@$(MAKE) -C $(TOP)/tests/crash

crash-long:			## the same 500,000 times (POINTS=N)
	@$(TOP)/scripts/deps unit
	@$(MAKE) -C $(TOP)/tests/crash POINTS=$(or $(POINTS),500000) SECONDS=7200

kunit:				## the same tests inside a kernel with KASAN and lockdep
	@$(TOP)/scripts/deps kernel build
	@QUORUM_KUNIT=1 $(TOP)/scripts/uml run --append kunit.enable=1 $(TOP)/tests/guest/kunit

selftests: tools		## the real module in namespaces of a debug kernel (UML)
	@$(TOP)/scripts/deps kernel build qemu
	@$(TOP)/scripts/selftests uml-debug $(SELFTESTS)

selftests-smp: tools		## the same on two processors with preemption (QEMU)
	@$(TOP)/scripts/deps kernel build qemu
	@$(TOP)/scripts/selftests x86-debug

flood-long: tools		## millions of hostile datagrams at the running module (UML)
	@$(TOP)/scripts/deps kernel build qemu
	@QUORUM_SELFTEST_COUNT=$(or $(COUNT),25000) QUORUM_SELFTEST_LONG=4 QUORUM_SELFTEST_VERBOSE=1 \
		$(TOP)/scripts/selftests uml-debug datagrams wire_auth

ends-long: tools		## 1,000 namespace exits and 1,000 changes of the socket under load (UML)
	@$(TOP)/scripts/deps kernel build qemu
	@QUORUM_SELFTEST_ROUNDS=1000 QUORUM_SELFTEST_LONG=8 \
		QUORUM_SELFTEST_ONLY="namespaces_go_under_load the_socket_changes_under_load" \
		$(TOP)/scripts/selftests uml-debug teardown network

cluster: tools			## three QEMU machines on Debian's stock kernel
	@$(TOP)/scripts/deps qemu build
	@$(TOP)/tests/cluster/run

power-cut: tools		## 200 power cuts of such machines under load (an hour)
	@$(TOP)/scripts/deps qemu build
	@QUORUM_POWER_CUTS=$${QUORUM_POWER_CUTS:-200} $(TOP)/tests/cluster/run power_cuts

cluster-long: tools		## a mixed load on them under every fault: QUORUM_LONG_SECONDS=600 QUORUM_SEED=1
	@$(TOP)/scripts/deps qemu build
	@$(TOP)/tests/cluster/run $(or $(CASES),mixed_load lock_holders)

bench:				## instructions per entry against limits; what a restart reads
	@$(TOP)/scripts/deps unit bench
	@$(TOP)/tests/bench/run

coverage:			## branch coverage of engine and formats by the unit tests
	@$(TOP)/scripts/deps unit
	@$(TOP)/scripts/coverage

check:				## static checks: warnings, sparse, style, purity
	@$(TOP)/scripts/deps check build
	@$(TOP)/scripts/check

test:				## every lane; ends with "N passed, N failed"
	@command -v python3 >/dev/null || $(TOP)/scripts/deps
	@$(TOP)/scripts/lanes $(LANES)

demo:				## a cluster of three, with a killed leader, to watch
	@$(TOP)/scripts/deps build tools qemu
	@$(TOP)/scripts/demo

kernels:			## build the debug kernels the tests need, in the cache
	@$(TOP)/scripts/deps kernel
	@$(TOP)/scripts/kernel uml-debug
	@$(TOP)/scripts/kernel x86-debug

deps:				## install every package needed (root)
	@$(TOP)/scripts/deps

install: tools module		## install tools and module (DESTDIR, PREFIX)
	@$(MAKE) -C $(TOP)/userspace install DESTDIR=$(DESTDIR) $(if $(PREFIX),PREFIX=$(PREFIX))
	@$(GET_RELEASE) && \
		install -D -m 0644 $(BUILD)/quorum.ko \
			"$(DESTDIR)/lib/modules/$$release/extra/quorum.ko" && \
		if [ -z "$(DESTDIR)" ]; then depmod "$$release"; fi && \
		echo "installed quorum.ko for $$release"

dkms-install:			## register the module with DKMS, rebuilt for each kernel
	@command -v dkms >/dev/null || { echo "dkms is not installed; install the package dkms" >&2; exit 1; }
	@rm -rf "$(DKMS)" && mkdir -p "$(DKMS)"
	@cp -a $(TOP)/Kbuild $(TOP)/dkms.conf $(TOP)/include $(TOP)/module \
		$(TOP)/uapi "$(DKMS)/"
	@if dkms status quorum/$(VERSION) | grep -q .; then dkms remove quorum/$(VERSION) --all; fi
	@dkms add quorum/$(VERSION) && dkms install quorum/$(VERSION)

clean:				## remove everything that was built here
	@rm -rf $(BUILD)

distclean: clean		## and the cached debug kernels
	@. $(TOP)/scripts/common.sh && rm -rf "$$QUORUM_CACHE/kernels" "$$QUORUM_CACHE/src"

help:				## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
