// A libcublas that computes with plain loops, for the row's own code: which operand goes where, with which distances, and what
// happens when a call fails. FAKE_CUBLAS names the function that fails ("cublasGemmStridedBatchedEx"), with status 13, or 3 in "no memory".
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" {
int fake_cublas_handles = 0;  // made and not destroyed
int fake_cublas_compute = 0;  // of the last product

static int status_of(const char* function) {
  const char* f = std::getenv("FAKE_CUBLAS");
  const std::string failing = f ? f : "";
  if (failing == "no memory") return std::string(function) == "cublasCreate" ? 3 : 0;
  return failing == function ? 13 : 0;
}

int cublasCreate_v2(void** handle) {
  if (const int status = status_of("cublasCreate")) return status;
  return *handle = new char, fake_cublas_handles++, 0;
}
int cublasDestroy_v2(void* handle) { return delete static_cast<char*>(handle), fake_cublas_handles--, 0; }
int cublasSetStream_v2(void*, void*) { return status_of("cublasSetStream"); }
const char* cublasGetStatusString(int status) { return status == 3 ? "the resource allocation failed" : "the function failed to launch on the GPU"; }

// Column by column, as BLAS defines it: element (i, j) of a matrix with leading dimension ld is at i + j * ld.
int cublasGemmStridedBatchedEx(void*, int op_a, int op_b, int m, int n, int k, const void* alpha, const void* a, int, int lda, long long a_batch, const void* b, int, int ldb,
                               long long b_batch, const void* beta, void* c, int, int ldc, long long c_batch, int batch, int compute, int) {
  if (const int status = status_of("cublasGemmStridedBatchedEx")) return status;
  fake_cublas_compute = compute;
  if (lda < (op_a ? k : m) || ldb < (op_b ? n : k) || ldc < m) return 7;
  for (int batched = 0; batched < batch; batched++) {
    const auto* x = static_cast<const float*>(a) + batched * a_batch;
    const auto* y = static_cast<const float*>(b) + batched * b_batch;
    auto* z = static_cast<float*>(c) + batched * c_batch;
    for (int64_t j = 0; j < n; j++)
      for (int64_t i = 0; i < m; i++) {
        float sum = 0;
        for (int64_t p = 0; p < k; p++) sum += (op_a ? x[p + i * lda] : x[i + p * lda]) * (op_b ? y[j + p * ldb] : y[p + j * ldb]);
        float& to = z[i + j * ldc];
        to = *static_cast<const float*>(alpha) * sum + (*static_cast<const float*>(beta) == 0 ? 0 : *static_cast<const float*>(beta) * to);
      }
  }
  return 0;
}
}
