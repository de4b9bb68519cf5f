// The rows of NVIDIA's library, against a library that only pretends (fake_cublas.cpp): layouts, refusals, and each call failing.
#include "kernels/gemm/cublas.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>

#include "kernels/gemm/gemm.h"
#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

const char* const fake = CEIR_BINARY_DIR "/tests/libfake_cublas.so";

struct UseFake {
  explicit UseFake(const char* failing = "") {
    setenv("FAKE_CUBLAS", failing, 1);
    use_cublas_library(fake);
  }
  ~UseFake() {
    unsetenv("FAKE_CUBLAS");
    use_cublas_library(nullptr);
  }
};

int of_fake(const char* name) {
  void* handle = dlopen(fake, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(handle);
  const int* p = static_cast<const int*>(dlsym(handle, name));
  REQUIRE(p);
  return *p;
}

std::vector<Variant<Gemm<float>>> rows() {
  std::vector<Variant<Gemm<float>>> all;
  for (const auto& v : gemm_variants.variants())
    if (is_vendor(v) && !std::string(v.name).starts_with("cublaslt")) all.push_back(v);
  REQUIRE(all.size() >= 3);
  return all;
}

struct Product {
  int64_t m = 5, n = 7, k = 3;
  OnDevice<float> a, b, c;
  Product() : a(to_float(drawn(15, 1))), b(to_float(drawn(21, 2))), c(to_float(drawn(35, 3))) {}
  Gemm<float> args(bool ta, bool tb, bool accumulate) const {
    return {.a = a, .a_row = ta ? 1 : k, .a_col = ta ? m : 1, .b = b, .b_row = tb ? 1 : n, .b_col = tb ? k : 1, .c = c, .c_row = n,
            .m = m, .n = n, .k = k, .accumulate = accumulate};
  }
};

}  // namespace

TEST_CASE("cublas: both layouts of both operands, and accumulating, as the naive rung computes them") {
  const UseEmulator use;
  const UseFake library;
  for (const auto& row : rows())
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        for (const bool accumulate : {false, true}) {
          INFO(std::string(row.name), " ", ta, tb, accumulate);
          const Product p, q;
          REQUIRE(row.lacks(p.args(ta, tb, accumulate)) == nullptr);
          row.run(p.args(ta, tb, accumulate));
          for (const auto& v : gemm_variants.variants())
            if (std::string(v.name) == "cuda.v1") v.run(q.args(ta, tb, accumulate));
          const auto want = q.c.values();
          check_close(p.c.values(), {want.begin(), want.end()}, 10, 4);
        }
  CHECK(of_fake("fake_cublas_compute") == 75);  // the last row's, bf16
  CHECK(of_fake("fake_cublas_handles") == 1);
}

TEST_CASE("cublas: what it cannot do is said: epilogues, strides, no terms, the emulator, no library") {
  const UseEmulator use;
  const Product p;
  const auto row = rows().front();
  {
    const UseFake library;
    auto g = p.args(false, false, false);
    g.bias = p.b;
    CHECK(std::string(row.lacks(g)).find("no bias, activation or residual") != std::string::npos);
    g = p.args(false, false, false), g.a_row = 2 * g.k, g.a_col = 2;
    CHECK(std::string(row.lacks(g)) == "cuBLAS needs A with dense rows or columns");
    g = p.args(false, false, false), g.k = 0;
    CHECK(std::string(row.lacks(g)) == "cuBLAS is not asked for a product of no terms");
    g = p.args(false, false, false), g.m = int64_t{1} << 31;
    CHECK(std::string(row.lacks(g)) == "cublasGemmStridedBatchedEx counts in 32 bits");
  }
  CHECK(std::string(row.lacks(p.args(false, false, false))) == "cuBLAS runs only on a GPU");
  use_cublas_library("libno_such_cublas.so");
  CHECK(std::string(row.lacks(p.args(false, false, false))) == "cuBLAS is not installed (libcublas.so.13 cannot be opened)");
  use_cublas_library("libm.so.6");
  CHECK(std::string(row.lacks(p.args(false, false, false))).find("lacks functions") != std::string::npos);
  use_cublas_library(nullptr);
  use_no_runtime();
  CHECK(std::string(row.lacks(p.args(false, false, false))) == "no device is in use");
}

TEST_CASE("cublas: each of its calls fails once: an Error with its words, nothing leaked, and the next product is right") {
  const UseEmulator use;
  for (const std::string failing : {"cublasCreate", "cublasSetStream", "cublasGemmStridedBatchedEx", "no memory"}) {
    CAPTURE(failing);
    const UseFake library(failing.c_str());
    const Product p;
    const auto g = p.args(false, true, false);
    const auto before = p.c.values();
    try {
      rows().front().run(g);
      FAIL("nothing was thrown");
    } catch (const Error& e) {
      CHECK(e.kind() == (failing == "no memory" ? ErrorKind::resource : ErrorKind::internal));
      CHECK(std::string(e.what()).find("cuBLAS: cublas") == 0);
      CHECK(std::string(e.what()).find(failing == "no memory" ? "the resource allocation failed (status 3)" : "the function failed to launch on the GPU (status 13)") != std::string::npos);
    }
    CHECK(p.c.values() == before);
    setenv("FAKE_CUBLAS", "", 1);
    rows().front().run(g);
    CHECK(p.c.values() != before);
    CHECK(of_fake("fake_cublas_handles") == 1);
  }
}

TEST_CASE("cublas: no row of its is chosen unless it is asked for by name") {
  const UseEmulator use;
  const UseFake library;
  const Product p;
  const auto g = p.args(false, false, false);
  CHECK(std::string(gemm_variants.choose(g, Device::cuda).name).starts_with("cuda."));
  const KernelChoice choice("gemm", "cublas");
  CHECK(std::string(gemm_variants.choose(g, Device::cuda).name) == "cublas");
}
