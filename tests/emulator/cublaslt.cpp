// The rows of NVIDIA's product with epilogues, against a library that only pretends (fake_cublaslt.cpp): layouts, epilogues,
// batches, refusals, and each call failing.
#include "kernels/gemm/cublaslt.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>

#include "kernels/gemm/gemm.h"
#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

const char* const fake = CEIR_BINARY_DIR "/tests/libfake_cublaslt.so";

struct UseFake {
  explicit UseFake(const char* failing = "") {
    setenv("FAKE_CUBLASLT", failing, 1);
    use_cublaslt_library(fake);
  }
  ~UseFake() {
    unsetenv("FAKE_CUBLASLT");
    use_cublaslt_library(nullptr);
  }
};

int of_fake(const char* name) {
  void* handle = dlopen(fake, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(handle);
  const int* p = static_cast<const int*>(dlsym(handle, name));
  REQUIRE(p);
  return *p;
}

Variant<Gemm<float>> row_of(const std::string& name) {
  for (const auto& v : gemm_variants.variants())
    if (v.name == name) return v;
  FAIL("no row ", name);
  throw 0;
}

struct Product {
  static constexpr int64_t m = 5, n = 7, k = 3, batch = 2;
  OnDevice<float> a, b, c, bias, residual;
  Product()
      : a(to_float(drawn(batch * m * k, 1))), b(to_float(drawn(batch * n * k, 2))), c(to_float(drawn(batch * m * n, 3))), bias(to_float(drawn(batch * n, 4))),
        residual(to_float(drawn(batch * m * n, 5))) {}
  Gemm<float> args(bool ta, bool tb) const {
    return {.a = a, .a_row = ta ? 1 : k, .a_col = ta ? m : 1, .b = b, .b_row = tb ? 1 : n, .b_col = tb ? k : 1, .c = c, .c_row = n, .m = m, .n = n, .k = k,
            .batch = batch, .a_batch = m * k, .b_batch = n * k, .c_batch = m * n};
  }
};

}  // namespace

TEST_CASE("cublaslt: layouts, epilogues and batches, as the naive rung computes them") {
  const UseEmulator use;
  const UseFake library;
  for (const char* name : {"cublaslt", "cublaslt.tf32"})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        for (const int which : {0, 1, 2, 3, 4, 5, 6}) {
          INFO(name, " ", ta, tb, " ", which);
          const auto with = [&](const Product& p) {
            Gemm<float> g = p.args(ta, tb);
            if (which == 1) g.accumulate = true;
            if (which >= 2) g.bias = p.bias;
            if (which == 3) g.bias_batch = Product::n;
            if (which == 4) g.activation = Unary::relu;
            if (which == 5) g.activation = Unary::gelu_tanh;
            if (which == 6) g.residual = p.residual, g.residual_row = Product::n, g.residual_batch = Product::m * Product::n;
            return g;
          };
          const Product p, q;
          REQUIRE(row_of(name).lacks(with(p)) == nullptr);
          row_of(name).run(with(p));
          row_of("cuda.v1").run(with(q));
          const auto want = q.c.values();
          check_close(p.c.values(), {want.begin(), want.end()}, 10, 4);
        }
  CHECK(of_fake("fake_cublaslt_compute") == 77);  // the last row's, tf32
  CHECK(of_fake("fake_cublaslt_objects") == 1);   // the handle
}

TEST_CASE("cublaslt: what it cannot do is said") {
  const UseEmulator use;
  const Product p;
  const auto row = row_of("cublaslt");
  const auto says = [&](const Gemm<float>& g) {
    const char* reason = row.lacks(g);
    return std::string(reason ? reason : "");
  };
  {
    const UseFake library;
    auto g = p.args(false, false);
    g.activation = Unary::gelu_erf;
    CHECK(says(g) == "cuBLASLt's GELU is the tanh form, not the exact one");
    g.activation = Unary::quick_gelu;
    CHECK(says(g) == "cuBLASLt knows ReLU and GELU in the tanh form only");
    g.activation = Unary::relu, g.residual = p.residual, g.residual_row = Product::n;
    CHECK(says(g) == "cuBLASLt adds C before the activation, a residual comes after it");
    g = p.args(false, false), g.residual = p.residual, g.residual_row = 1;
    CHECK(says(g) == "cuBLASLt needs a residual whose rows do not overlap");
    g = p.args(false, false), g.a_row = 2 * g.k, g.a_col = 2;
    CHECK(says(g) == "cuBLASLt needs A with dense rows or columns");
    g = p.args(false, false), g.b_row = 2 * g.n, g.b_col = 2;
    CHECK(says(g) == "cuBLASLt needs B with dense rows or columns");
    g = p.args(false, false), g.c_row = 1;
    CHECK(says(g) == "cuBLASLt needs rows that do not overlap");
    g = p.args(false, false), g.batch = int64_t{1} << 31;
    CHECK(says(g) == "cuBLASLt counts products in 32 bits");
    g = p.args(false, false), g.k = 0;
    CHECK(says(g) == "cuBLASLt is not asked for a product of no terms");
  }
  CHECK(says(p.args(false, false)) == "cuBLASLt runs only on a GPU");
  use_cublaslt_library("libno_such_cublaslt.so");
  CHECK(says(p.args(false, false)) == "cuBLASLt is not installed (libcublasLt.so.13 cannot be opened)");
  use_cublaslt_library("libm.so.6");
  CHECK(says(p.args(false, false)).find("lacks functions") != std::string::npos);
  use_cublaslt_library(nullptr);
}

TEST_CASE("cublaslt: each of its calls fails once: an Error with its words, nothing leaked, and the next product is right") {
  const UseEmulator use;
  for (const std::string failing : {"cublasLtCreate", "cublasLtMatmulDescCreate", "cublasLtMatmulDescSetAttribute", "cublasLtMatrixLayoutCreate", "cublasLtMatrixLayoutSetAttribute",
                                    "cublasLtMatmul", "no memory"}) {
    CAPTURE(failing);
    const UseFake library(failing.c_str());
    const Product p;
    const auto g = p.args(false, true);
    const auto before = p.c.values();
    try {
      row_of("cublaslt").run(g);
      FAIL("nothing was thrown");
    } catch (const Error& e) {
      CHECK(e.kind() == (failing == "no memory" ? ErrorKind::resource : ErrorKind::internal));
      CHECK(std::string(e.what()).find("cuBLASLt: cublasLt") == 0);
      CHECK(std::string(e.what()).find(failing == "no memory" ? "the resource allocation failed (status 3)" : "the function failed to launch on the GPU (status 13)") != std::string::npos);
    }
    CHECK(p.c.values() == before);
    CHECK(of_fake("fake_cublaslt_objects") <= 1);
    setenv("FAKE_CUBLASLT", "", 1);
    row_of("cublaslt").run(g);
    CHECK(p.c.values() != before);
    CHECK(of_fake("fake_cublaslt_objects") == 1);
  }
}
