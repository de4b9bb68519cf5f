// The rows "cublaslt*" of the gemm table: NVIDIA's product with a layer's epilogue in the same kernel. As in cublas.cpp our C
// (m, n) is its C^T (n, m) = B^T A^T in columns; a bias for each column of ours is one for each row of its, which is what it has.
// Its D = activation(A B + beta C + bias): C is what is accumulated on, or the residual where no activation comes between.
// Which algorithm it takes it decides itself, without a workspace.
// Source: cuBLAS library documentation, "cublasLtMatmul", "cublasLtEpilogue_t", "cublasLtMatmulDescAttributes_t".
#include "kernels/gemm/cublaslt.h"

#include "kernels/gemm/gemm.h"
#include "kernels/launch/device.h"
#include "kernels/launch/vendor_library.h"

namespace ceir {
namespace cublaslt {  // names that cublas.cpp has too
namespace {

constexpr int32_t not_transposed = 0, transposed = 1;                              // cublasOperation_t
constexpr int real_32f = 0;                                                        // cudaDataType_t
constexpr int status_no_memory = 3;                                                // CUBLAS_STATUS_ALLOC_FAILED
enum Compute { in_f32 = 68, in_tf32 = 77 };                                        // cublasComputeType_t
constexpr int transpose_a = 3, transpose_b = 4, epilogue = 7, bias_pointer = 8, bias_batch_stride = 10;  // cublasLtMatmulDescAttributes_t
constexpr int batch_count = 5, batch_offset = 6;                                   // cublasLtMatrixLayoutAttribute_t
constexpr uint32_t nothing = 1, relu = 2, with_bias = 4, gelu = 32;                // cublasLtEpilogue_t; with_bias is a bit

struct CublasLt {
  int (*cublasLtCreate)(void** handle);
  int (*cublasLtDestroy)(void* handle);
  int (*cublasLtMatmulDescCreate)(void** desc, int compute, int scale_type);
  int (*cublasLtMatmulDescDestroy)(void* desc);
  int (*cublasLtMatmulDescSetAttribute)(void* desc, int attribute, const void* value, size_t bytes);
  int (*cublasLtMatrixLayoutCreate)(void** layout, int type, uint64_t rows, uint64_t columns, int64_t ld);
  int (*cublasLtMatrixLayoutDestroy)(void* layout);
  int (*cublasLtMatrixLayoutSetAttribute)(void* layout, int attribute, const void* value, size_t bytes);
  int (*cublasLtMatmul)(void* handle, void* desc, const void* alpha, const void* a, void* a_layout, const void* b, void* b_layout, const void* beta,
                        const void* c, void* c_layout, void* d, void* d_layout, const void* algorithm, void* workspace, size_t workspace_bytes, void* stream);
  const char* (*cublasLtGetStatusString)(int);
};

CublasLt lt;

VendorLibrary& cublaslt_library() {
#define CEIR_LT(name) {#name, reinterpret_cast<void (**)()>(&lt.name)}
  static VendorLibrary library{{"libcublasLt.so.13", "libcublasLt.so.12"},
                               {CEIR_LT(cublasLtCreate), CEIR_LT(cublasLtDestroy), CEIR_LT(cublasLtMatmulDescCreate), CEIR_LT(cublasLtMatmulDescDestroy),
                                CEIR_LT(cublasLtMatmulDescSetAttribute), CEIR_LT(cublasLtMatrixLayoutCreate), CEIR_LT(cublasLtMatrixLayoutDestroy),
                                CEIR_LT(cublasLtMatrixLayoutSetAttribute), CEIR_LT(cublasLtMatmul), CEIR_LT(cublasLtGetStatusString)},
                               {"cuBLASLt runs only on a GPU", "cuBLASLt is not installed (libcublasLt.so.13 cannot be opened)",
                                "libcublasLt lacks functions that are needed; version 12 or 13 has them"}};
#undef CEIR_LT
  return library;
}

void require_lt(int status, const char* what) {
  if (status == 0) return;
  const char* words = lt.cublasLtGetStatusString(status);
  fail(status == status_no_memory ? ErrorKind::resource : ErrorKind::internal, "cuBLASLt: {} failed: {} (status {})", what, words ? words : "unknown", status);
}

VendorHandle& lt_handle_of_thread() {
  thread_local VendorHandle handle{cublaslt_library(),
                                   [] {
                                     void* made = nullptr;
                                     require_lt(lt.cublasLtCreate(&made), "cublasLtCreate");
                                     return made;
                                   },
                                   [](void* handle) { lt.cublasLtDestroy(handle); }};
  return handle;
}

class Layout {
 public:
  Layout(int64_t rows, int64_t columns, int64_t ld, int64_t batch, int64_t distance) {
    require_lt(lt.cublasLtMatrixLayoutCreate(&layout_, real_32f, static_cast<uint64_t>(rows), static_cast<uint64_t>(columns), ld), "cublasLtMatrixLayoutCreate");
    const auto count = static_cast<int32_t>(batch);
    const int first = lt.cublasLtMatrixLayoutSetAttribute(layout_, batch_count, &count, sizeof count);
    const int status = first ? first : lt.cublasLtMatrixLayoutSetAttribute(layout_, batch_offset, &distance, sizeof distance);
    if (status) {
      lt.cublasLtMatrixLayoutDestroy(layout_);
      require_lt(status, "cublasLtMatrixLayoutSetAttribute");
    }
  }
  ~Layout() { lt.cublasLtMatrixLayoutDestroy(layout_); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  void* get() const { return layout_; }

 private:
  void* layout_ = nullptr;
};

class Operation {
 public:
  explicit Operation(Compute compute) { require_lt(lt.cublasLtMatmulDescCreate(&desc_, compute, real_32f), "cublasLtMatmulDescCreate"); }
  ~Operation() { lt.cublasLtMatmulDescDestroy(desc_); }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  void* get() const { return desc_; }
  template <class T>
  void set(int attribute, T value) { require_lt(lt.cublasLtMatmulDescSetAttribute(desc_, attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute"); }

 private:
  void* desc_ = nullptr;
};

template <Compute compute>
void product(const Gemm<float>& g) {
  if (g.m == 0 || g.n == 0 || g.batch == 0) return;
  if (const char* reason = cublaslt_lacks()) usage_error("kernel gemm=cublaslt: {}", reason);
  void* const handle = lt_handle_of_thread().get();
  const bool a_rows = g.a_col == 1, b_rows = g.b_col == 1;
  Operation operation(compute);
  operation.set(transpose_a, b_rows ? not_transposed : transposed);  // its A is our B
  operation.set(transpose_b, a_rows ? not_transposed : transposed);
  const bool biased = g.bias && !g.accumulate;
  const uint32_t function = g.accumulate || g.activation == Unary::none ? 0 : g.activation == Unary::relu ? relu : gelu;
  operation.set(epilogue, function == 0 && !biased ? nothing : function | (biased ? with_bias : 0u));
  if (biased) {
    operation.set(bias_pointer, static_cast<const void*>(g.bias));
    if (g.bias_batch != 0) operation.set(bias_batch_stride, g.bias_batch);
  }
  const bool with_residual = g.residual && !g.accumulate;
  const Layout b(b_rows ? g.n : g.k, b_rows ? g.k : g.n, b_rows ? g.b_row : g.b_col, g.batch, g.b_batch);
  const Layout a(a_rows ? g.k : g.m, a_rows ? g.m : g.k, a_rows ? g.a_row : g.a_col, g.batch, g.a_batch);
  const Layout c(g.n, g.m, with_residual ? g.residual_row : g.c_row, g.batch, with_residual ? g.residual_batch : g.c_batch);
  const Layout d(g.n, g.m, g.c_row, g.batch, g.c_batch);
  const float one = 1, beta = g.accumulate || with_residual ? 1.f : 0.f;
  require_lt(lt.cublasLtMatmul(handle, operation.get(), &one, g.b, b.get(), g.a, a.get(), &beta, with_residual ? g.residual : g.c, c.get(), g.c, d.get(),
                               nullptr, nullptr, 0, current_stream()),
             "cublasLtMatmul");
}

}  // namespace
}  // namespace cublaslt

const char* cublaslt_lacks() { return cublaslt::cublaslt_library().lacks(); }

void use_cublaslt_library(const char* path) {
  cublaslt::lt_handle_of_thread().release();
  cublaslt::cublaslt_library().use(path);
}

const char* cublaslt_fits(const Gemm<float>& g) {
  if (!g.accumulate) {
    // NVIDIA does not state the formula of its GELU; those who call it found the tanh form (PyTorch's _addmm_activation).
    if (g.activation == Unary::gelu_erf) return "cuBLASLt's GELU is the tanh form, not the exact one";
    if (g.activation != Unary::none && g.activation != Unary::relu && g.activation != Unary::gelu_tanh) return "cuBLASLt knows ReLU and GELU in the tanh form only";
    if (g.residual && g.activation != Unary::none) return "cuBLASLt adds C before the activation, a residual comes after it";
  }
  if (g.a_col != 1 && g.a_row != 1) return "cuBLASLt needs A with dense rows or columns";
  if (g.b_col != 1 && g.b_row != 1) return "cuBLASLt needs B with dense rows or columns";
  if (g.batch > INT32_MAX) return "cuBLASLt counts products in 32 bits";
  if (g.c_row < g.n || (g.a_col == 1 ? g.a_row < g.k : g.a_col < g.m) || (g.b_col == 1 ? g.b_row < g.n : g.b_col < g.k))
    return "cuBLASLt needs rows that do not overlap";
  if (g.residual && !g.accumulate && g.residual_row < g.n) return "cuBLASLt needs a residual whose rows do not overlap";
  if (g.k == 0) return "cuBLASLt is not asked for a product of no terms";
  return cublaslt_lacks();
}

void gemm_cublaslt(const Gemm<float>& g) { cublaslt::product<cublaslt::in_f32>(g); }
void gemm_cublaslt_tf32(const Gemm<float>& g) { cublaslt::product<cublaslt::in_tf32>(g); }

}  // namespace ceir
