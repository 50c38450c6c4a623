# make          builds into build/ (installs nothing)
# make cuda     the plug-in of the CUDA backend alone, build/libearshot_cuda.so (CUDA 13 and cuDNN 9 must be there)
# make cuda-release  the same for every card from Turing (sm_75) on, into build/release; minutes
# make deps     installs the Debian packages that the build takes (docker/packages.txt); make test and soak install theirs
# make install  builds and installs below PREFIX (/usr/local), in DESTDIR where that is set; make uninstall
# make deb      a Debian package, build/earshot_VERSION_ARCHITECTURE.deb
# make demo     the main job on recordings that it makes itself
# make check    the tests that take less than a minute together; make test: every one, also under sanitizers
# make soak     the tests that take an hour together: a thousand kills, clusters, the largest corpora
# make bench    how fast it is here, beside its peers (PyPI, gigabytes); BENCH=quick: some of it
# make gpu-check   on a machine with a GPU: proves the card and times it, under 8 minutes, one page to paste into a report
# make golden   the golden files again, with librosa, PyTorch and scikit-learn
BUILD := build
DEMO := $(BUILD)/demo
EARSHOT := $(BUILD)/earshot
export CTEST_OUTPUT_ON_FAILURE := 1

.NOTPARALLEL:
.PHONY: all build cuda cuda-release deps deps-test deps-soak demo check test test-sanitized soak golden bench gpu-check install uninstall product deb clean
all: build

build:
	@command -v cmake >/dev/null && command -v ninja >/dev/null || { echo "cmake or ninja is missing; make deps installs them"; exit 1; }
	@cmake -S . -B $(BUILD) -G Ninja >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@cmake --build $(BUILD)

cuda:
	@cmake -S . -B $(BUILD) -G Ninja -DEARSHOT_CUDA=on
	@cmake --build $(BUILD) --target earshot_cuda

cuda-release:
	@cmake -S . -B $(BUILD)/release -G Ninja -DEARSHOT_CUDA=on -DEARSHOT_ARCHITECTURES=release -DEARSHOT_TESTS=OFF -DEARSHOT_BENCH=OFF >/dev/null
	@cmake --build $(BUILD)/release --target earshot_cuda

PREFIX ?= /usr/local
product:
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_INSTALL_PREFIX=$(PREFIX) >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@cmake --build $(BUILD) --target product

install: product
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

uninstall: product
	@DESTDIR=$(DESTDIR) cmake/uninstall.sh $(BUILD) $(PREFIX)

# Files in it are as old as the last commit, so that two builds of it are the same bytes.
deb: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
deb: product
	@cd $(BUILD) && umask 022 && cpack -G DEB

deps:
	@docker/install_packages.sh build

deps-test:
	@docker/install_packages.sh test

deps-soak:
	@docker/install_packages.sh soak

# Synthetic machines → features → model → scores → AUC and a report. Everything is under build/demo.
demo: deps build
	rm -rf $(DEMO)
	mkdir -p $(DEMO)
	PATH="$(abspath $(BUILD)):$$PATH" docs/demo.sh $(DEMO)
	@echo "The report, with pictures: $(DEMO)/report.html"

check: deps-test build
	ctest --test-dir $(BUILD) -j $$(nproc) -LE slow

test: deps-test build test-sanitized
	ctest --test-dir $(BUILD) -j $$(nproc)

test-sanitized: deps-test
	@cmake --preset asan >/dev/null
	@cmake --build $(BUILD)/asan
	ctest --test-dir $(BUILD)/asan -j $$(nproc) -LE unsanitized

soak: deps-soak build
	ctest --test-dir $(BUILD) -C Soak -L soak

# How fast it is here, beside its peers from PyPI: an hour, BENCH=quick 9 minutes (without what they take to install).
BENCH ?= full
bench: deps build
	bench/run_all.sh $(BUILD) $(BENCH)

# What somebody with a card can do for us. Every answer is printed, also where some differ.
gpu-check: deps build cuda
	$(EARSHOT) devices
	timeout 240 $(EARSHOT) selftest --backend cuda
	rm -rf $(BUILD)/gpu-check
	mkdir -p $(BUILD)/gpu-check
	$(EARSHOT) synth $(BUILD)/gpu-check/corpus --normal 100 --abnormal 20 --quiet
	for precision in fp32 tf32 fp16; do timeout 60 $(EARSHOT) extract $(BUILD)/gpu-check/corpus -o $(BUILD)/gpu-check/$$precision.h5 --weights seeded:1 --backend cuda --precision $$precision --quiet; done
	for backend in cuda cpu; do bash -c "time timeout 60 $(EARSHOT) eval $(BUILD)/gpu-check/fp32.h5 -o $(BUILD)/gpu-check/$$backend --backend $$backend --detector gmm,bgmm,knn --quiet"; done

# Makes the golden files again with librosa, PyTorch and scikit-learn from PyPI (gigabytes), in a private venv.
golden:
	tests/golden/make_all.sh $(BUILD)/venv

clean:
	rm -rf $(BUILD)
