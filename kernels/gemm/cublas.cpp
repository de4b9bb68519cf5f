// The rows "cublas*" of the gemm table. cuBLAS counts in columns: our C (m, n) is its C^T (n, m) = B^T A^T, so the operands
// change places and nothing is copied.
// Source: cuBLAS library documentation, "cublasGemmStridedBatchedEx" and "cublasComputeType_t".
#include "kernels/gemm/cublas.h"
#include "kernels/gemm/gemm.h"
#include "kernels/launch/device.h"
#include "kernels/launch/vendor_library.h"

namespace ceir {
namespace {

constexpr int not_transposed = 0, transposed = 1;  // cublasOperation_t
constexpr int real_32f = 0;                        // cudaDataType_t
constexpr int usual_algorithm = -1;                // cublasGemmAlgo_t
constexpr int status_no_memory = 3;                // CUBLAS_STATUS_ALLOC_FAILED
enum Compute { in_f32 = 68, in_bf16 = 75, in_tf32 = 77 };  // cublasComputeType_t: the factors' digits; sums are f32

struct Cublas {
  int (*cublasCreate_v2)(void** handle);
  int (*cublasDestroy_v2)(void* handle);
  int (*cublasSetStream_v2)(void* handle, void* stream);
  int (*cublasGemmStridedBatchedEx)(void* handle, int op_a, int op_b, int m, int n, int k, const void* alpha, const void* a, int a_type, int lda,
                                    long long a_batch, const void* b, int b_type, int ldb, long long b_batch, const void* beta, void* c, int c_type,
                                    int ldc, long long c_batch, int batch, int compute, int algorithm);
  const char* (*cublasGetStatusString)(int);
};

Cublas cublas;

VendorLibrary& cublas_library() {
#define CEIR_CUBLAS(name) {#name, reinterpret_cast<void (**)()>(&cublas.name)}
  static VendorLibrary library{{"libcublas.so.13", "libcublas.so.12"},
                               {CEIR_CUBLAS(cublasCreate_v2), CEIR_CUBLAS(cublasDestroy_v2), CEIR_CUBLAS(cublasSetStream_v2), CEIR_CUBLAS(cublasGemmStridedBatchedEx),
                                CEIR_CUBLAS(cublasGetStatusString)},
                               {"cuBLAS runs only on a GPU", "cuBLAS is not installed (libcublas.so.13 cannot be opened)",
                                "libcublas lacks functions that are needed; version 12 or 13 has them"}};
#undef CEIR_CUBLAS
  return library;
}

void require_cublas(int status, const char* what) {
  if (status == 0) return;
  const char* words = cublas.cublasGetStatusString(status);
  fail(status == status_no_memory ? ErrorKind::resource : ErrorKind::internal, "cuBLAS: {} failed: {} (status {})", what, words ? words : "unknown", status);
}

VendorHandle& cublas_handle_of_thread() {
  thread_local VendorHandle handle{cublas_library(),
                                   [] {
                                     void* made = nullptr;
                                     require_cublas(cublas.cublasCreate_v2(&made), "cublasCreate");
                                     return made;
                                   },
                                   [](void* handle) { cublas.cublasDestroy_v2(handle); }};
  return handle;
}

template <Compute compute>
void product(const Gemm<float>& g) {
  if (g.m == 0 || g.n == 0 || g.batch == 0) return;
  if (const char* reason = cublas_lacks()) usage_error("kernel gemm=cublas: {}", reason);
  void* const h = cublas_handle_of_thread().get();
  require_cublas(cublas.cublasSetStream_v2(h, current_stream()), "cublasSetStream");
  const float one = 1, beta = g.accumulate ? 1.f : 0.f;
  const auto i = [](int64_t x) { return static_cast<int>(x); };
  const bool b_rows = g.b_col == 1, a_rows = g.a_col == 1;
  require_cublas(cublas.cublasGemmStridedBatchedEx(h, b_rows ? not_transposed : transposed, a_rows ? not_transposed : transposed, i(g.n), i(g.m), i(g.k), &one,
                                                   g.b, real_32f, i(b_rows ? g.b_row : g.b_col), g.b_batch, g.a, real_32f, i(a_rows ? g.a_row : g.a_col),
                                                   g.a_batch, &beta, g.c, real_32f, i(g.c_row), g.c_batch, i(g.batch), compute, usual_algorithm),
                 "cublasGemmStridedBatchedEx");
}

}  // namespace

const char* cublas_lacks() { return cublas_library().lacks(); }

void use_cublas_library(const char* path) {
  cublas_handle_of_thread().release();
  cublas_library().use(path);
}

const char* cublas_fits(const Gemm<float>& g) {
  if (g.bias || g.activation != Unary::none || g.residual) return "cublasGemmStridedBatchedEx has no bias, activation or residual";
  if (g.a_col != 1 && g.a_row != 1) return "cuBLAS needs A with dense rows or columns";
  if (g.b_col != 1 && g.b_row != 1) return "cuBLAS needs B with dense rows or columns";
  for (const int64_t x : {g.m, g.n, g.k, g.a_row, g.a_col, g.b_row, g.b_col, g.c_row, g.batch})
    if (x > INT32_MAX) return "cublasGemmStridedBatchedEx counts in 32 bits";
  // A leading dimension is at least the row's length, also where one row is all there is.
  if (g.c_row < g.n || (g.a_col == 1 ? g.a_row < g.k : g.a_col < g.m) || (g.b_col == 1 ? g.b_row < g.n : g.b_col < g.k))
    return "cuBLAS needs rows that do not overlap";
  if (g.k == 0) return "cuBLAS is not asked for a product of no terms";
  return cublas_lacks();
}

void gemm_cublas(const Gemm<float>& g) { product<in_f32>(g); }
void gemm_cublas_tf32(const Gemm<float>& g) { product<in_tf32>(g); }
void gemm_cublas_bf16(const Gemm<float>& g) { product<in_bf16>(g); }

}  // namespace ceir
