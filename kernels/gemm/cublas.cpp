// The rows "cublas*" of the gemm table. cuBLAS counts in columns: our C (m, n) is its C^T (n, m) = B^T A^T, so the operands
// change places and nothing is copied.
// Source: cuBLAS library documentation, "cublasGemmEx" and "cublasComputeType_t".
#include <dlfcn.h>

#include <mutex>
#include <string>

#include "kernels/gemm/cublas.h"
#include "kernels/gemm/gemm.h"
#include "kernels/launch/device.h"

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
  int (*cublasGemmEx)(void* handle, int op_a, int op_b, int m, int n, int k, const void* alpha, const void* a, int a_type, int lda,
                      const void* b, int b_type, int ldb, const void* beta, void* c, int c_type, int ldc, int compute, int algorithm);
  const char* (*cublasGetStatusString)(int);
};

std::mutex cublas_mutex;
const char* cublas_named = nullptr;  // by a test
int cublas_opened = 0;               // which opening this is: handles belong to theirs
void* cublas_library = nullptr;
Cublas cublas;

// Null when it is open now. Tried again at the next question when it was not there.
const char* open_cublas() {
  std::lock_guard lock(cublas_mutex);
  if (cublas_library) return nullptr;
  const char* const ours[] = {"libcublas.so.13", "libcublas.so.12"};
  if (cublas_named) cublas_library = dlopen(cublas_named, RTLD_NOW | RTLD_LOCAL);
  else
    for (const char* name : ours)
      if (!cublas_library) cublas_library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!cublas_library) return "cuBLAS is not installed (libcublas.so.13 cannot be opened)";
  bool all = true;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(cublas_library, name));
    all = all && function;
  };
  find(cublas.cublasCreate_v2, "cublasCreate_v2"), find(cublas.cublasDestroy_v2, "cublasDestroy_v2");
  find(cublas.cublasSetStream_v2, "cublasSetStream_v2"), find(cublas.cublasGemmEx, "cublasGemmEx");
  find(cublas.cublasGetStatusString, "cublasGetStatusString");
  if (!all) {
    dlclose(cublas_library), cublas_library = nullptr;
    return "libcublas lacks functions that are needed; version 12 or 13 has them";
  }
  cublas_opened++;
  return nullptr;
}

void require_cublas(int status, const char* what) {
  if (status == 0) return;
  const char* words = cublas.cublasGetStatusString(status);
  fail(status == status_no_memory ? ErrorKind::resource : ErrorKind::internal, "cuBLAS: {} failed: {} (status {})", what, words ? words : "unknown", status);
}

// A handle, made for the device in use at its first product.
class CublasHandle {
 public:
  ~CublasHandle() { release(); }
  void* get() {
    if (handle_ && (opened_ != cublas_opened || of_ != current_runtime())) release();
    if (!handle_) {
      require_cublas(cublas.cublasCreate_v2(&handle_), "cublasCreate");
      opened_ = cublas_opened, of_ = current_runtime();
    }
    return handle_;
  }

  void release() {
    if (handle_ && opened_ == cublas_opened) cublas.cublasDestroy_v2(handle_);
    handle_ = nullptr;
  }

 private:
  void* handle_ = nullptr;
  int opened_ = 0;
  const Runtime* of_ = nullptr;
};

CublasHandle& handle_of_thread() {
  thread_local CublasHandle handle;
  return handle;
}

template <Compute compute>
void product(const Gemm<float>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (const char* reason = cublas_lacks()) usage_error("kernel gemm=cublas: {}", reason);
  void* const h = handle_of_thread().get();
  require_cublas(cublas.cublasSetStream_v2(h, current_stream()), "cublasSetStream");
  const float one = 1, beta = g.accumulate ? 1.f : 0.f;
  const auto i = [](int64_t x) { return static_cast<int>(x); };
  const bool b_rows = g.b_col == 1, a_rows = g.a_col == 1;
  require_cublas(cublas.cublasGemmEx(h, b_rows ? not_transposed : transposed, a_rows ? not_transposed : transposed, i(g.n), i(g.m), i(g.k), &one,
                                     g.b, real_32f, i(b_rows ? g.b_row : g.b_col), g.a, real_32f, i(a_rows ? g.a_row : g.a_col), &beta, g.c, real_32f,
                                     i(g.c_row), compute, usual_algorithm),
                 "cublasGemmEx");
}

}  // namespace

const char* cublas_lacks() {
  if (!current_runtime()) return "no device is in use";
  if (current_device().emulated && !cublas_named) return "cuBLAS runs only on a GPU";
  return open_cublas();
}

void use_cublas_library(const char* path) {
  handle_of_thread().release();
  std::lock_guard lock(cublas_mutex);
  if (cublas_library) dlclose(cublas_library);
  cublas_library = nullptr, cublas_named = path;
  cublas_opened++;  // handles of the old one are not given to the new one
}

const char* cublas_fits(const Gemm<float>& g) {
  if (g.bias || g.activation != Unary::none || g.residual) return "cublasGemmEx has no bias, activation or residual";
  if (g.a_col != 1 && g.a_row != 1) return "cuBLAS needs A with dense rows or columns";
  if (g.b_col != 1 && g.b_row != 1) return "cuBLAS needs B with dense rows or columns";
  for (const int64_t x : {g.m, g.n, g.k, g.a_row, g.a_col, g.b_row, g.b_col, g.c_row})
    if (x > INT32_MAX) return "cublasGemmEx counts in 32 bits";
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
