# The two commands: `make demo` shows the whole method on a small drawn world, `make test` runs everything.
# Both install what is missing from Debian first (as root, or with sudo), and work offline when all is there.
BUILD ?= build
JOBS ?= $(shell nproc)

.PHONY: all demo test asan nano cuda-all gpu-programs gpu-bundle deps deps-test configure clean

all: configure
	cmake --build $(BUILD) -j $(JOBS) --target ceir

demo: deps
	@$(MAKE) --no-print-directory all
	./tools/demo.sh $(BUILD)/ceir

test: deps-test
	@$(MAKE) --no-print-directory configure
	cmake --build $(BUILD) -j $(JOBS)
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

asan: deps-test
	cmake --preset cpu-asan
	cmake --build build-asan -j $(JOBS)
	ctest --test-dir build-asan --output-on-failure -j $(JOBS)

# Every rung of the kernels' ladders for every architecture, and build/ceir-cuda with all of them inside (needs nvcc).
cuda-all: configure
	cmake --build $(BUILD) -j $(JOBS) --target cuda-all ceir-cuda

# What tools/gpu_check.sh runs on a machine with a GPU, and the same in one file for a machine that cannot build it.
gpu-programs: deps-test
	@$(MAKE) --no-print-directory configure
	cmake --build $(BUILD) -j $(JOBS) --target ceir-cuda test_gpu
gpu-bundle: gpu-programs
	./tools/gpu_bundle.sh $(BUILD)

deps:
	@./tools/install_deps.sh
deps-test:
	@./tools/install_deps.sh test

# The built-in model, trained again from nothing (docs and figures: weights/nano/README.md).
nano: all
	CEIR_CPU=avx2 $(BUILD)/ceir train-clip scenes:400000:7 --steps 2200 --train-batch 128 --lr 0.0012 --out $(BUILD)/nano

configure: deps
	@cmake -G Ninja -B $(BUILD) -DCMAKE_BUILD_TYPE=Release > $(BUILD).configure.log 2>&1 || { cat $(BUILD).configure.log; exit 1; }
	@rm -f $(BUILD).configure.log

clean:
	rm -rf $(BUILD)
