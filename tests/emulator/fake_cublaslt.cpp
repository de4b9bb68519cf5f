// A libcublasLt that computes with plain loops, for the rows' own code: layouts, epilogues, batches, and what happens when a call
// fails. FAKE_CUBLASLT names the function that fails, with status 13, or 3 in "no memory".
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

extern "C" {
int fake_cublaslt_objects = 0;  // handles, descriptors and layouts made and not destroyed
int fake_cublaslt_compute = 0;  // of the last product

static int status_of(const char* function) {
  const char* f = std::getenv("FAKE_CUBLASLT");
  const std::string failing = f ? f : "";
  if (failing == "no memory") return std::string(function) == "cublasLtCreate" ? 3 : 0;
  return failing == function ? 13 : 0;
}

struct Layout {
  uint64_t rows, columns;
  int64_t ld, distance = 0;
  int32_t batch = 1;
  float* of(const void* p, int64_t z) const { return const_cast<float*>(static_cast<const float*>(p)) + z * distance; }
};
struct Operation {
  int compute;
  int32_t a = 0, b = 0;
  uint32_t epilogue = 1;
  const float* bias = nullptr;
  int64_t bias_distance = 0;
};

int cublasLtCreate(void** handle) {
  if (const int status = status_of("cublasLtCreate")) return status;
  return *handle = new char, fake_cublaslt_objects++, 0;
}
int cublasLtDestroy(void* handle) { return delete static_cast<char*>(handle), fake_cublaslt_objects--, 0; }
const char* cublasLtGetStatusString(int status) { return status == 3 ? "the resource allocation failed" : "the function failed to launch on the GPU"; }

int cublasLtMatmulDescCreate(void** desc, int compute, int scale_type) {
  if (const int status = status_of("cublasLtMatmulDescCreate")) return status;
  if (scale_type != 0) return 7;
  return *desc = new Operation{compute}, fake_cublaslt_objects++, 0;
}
int cublasLtMatmulDescDestroy(void* desc) { return delete static_cast<Operation*>(desc), fake_cublaslt_objects--, 0; }
int cublasLtMatmulDescSetAttribute(void* desc, int attribute, const void* value, size_t bytes) {
  if (const int status = status_of("cublasLtMatmulDescSetAttribute")) return status;
  auto* o = static_cast<Operation*>(desc);
  const auto set = [&](auto& to) { return bytes == sizeof to ? std::memcpy(&to, value, bytes), 0 : 7; };
  switch (attribute) {
    case 3: return set(o->a);
    case 4: return set(o->b);
    case 7: return set(o->epilogue);
    case 8: return set(o->bias);
    case 10: return set(o->bias_distance);
    default: return 7;
  }
}
int cublasLtMatrixLayoutCreate(void** layout, int type, uint64_t rows, uint64_t columns, int64_t ld) {
  if (const int status = status_of("cublasLtMatrixLayoutCreate")) return status;
  if (type != 0 || ld < static_cast<int64_t>(rows)) return 7;
  return *layout = new Layout{rows, columns, ld}, fake_cublaslt_objects++, 0;
}
int cublasLtMatrixLayoutDestroy(void* layout) { return delete static_cast<Layout*>(layout), fake_cublaslt_objects--, 0; }
int cublasLtMatrixLayoutSetAttribute(void* layout, int attribute, const void* value, size_t bytes) {
  if (const int status = status_of("cublasLtMatrixLayoutSetAttribute")) return status;
  auto* l = static_cast<Layout*>(layout);
  if (attribute == 5 && bytes == 4) return std::memcpy(&l->batch, value, 4), 0;
  if (attribute == 6 && bytes == 8) return std::memcpy(&l->distance, value, 8), 0;
  return 7;
}

// D = activation(A B + beta C + bias), in columns; bias: one for each row of D.
int cublasLtMatmul(void*, void* desc, const void* alpha, const void* a, void* a_layout, const void* b, void* b_layout, const void* beta, const void* c, void* c_layout, void* d,
                   void* d_layout, const void* algorithm, void*, size_t workspace, void*) {
  if (const int status = status_of("cublasLtMatmul")) return status;
  const auto& o = *static_cast<const Operation*>(desc);
  const auto &A = *static_cast<const Layout*>(a_layout), &B = *static_cast<const Layout*>(b_layout), &C = *static_cast<const Layout*>(c_layout), &D = *static_cast<const Layout*>(d_layout);
  fake_cublaslt_compute = o.compute;
  const uint64_t terms = o.a ? A.rows : A.columns;
  if (algorithm || workspace || terms != (o.b ? B.columns : B.rows) || D.rows != (o.a ? A.columns : A.rows) || D.columns != (o.b ? B.rows : B.columns) || C.rows != D.rows ||
      C.columns != D.columns || A.batch != D.batch || B.batch != D.batch || C.batch != D.batch || ((o.epilogue & 4) != 0) != (o.bias != nullptr))
    return 7;
  for (int32_t z = 0; z < D.batch; z++) {
    const float *x = A.of(a, z), *y = B.of(b, z), *from = C.of(c, z);
    float* to = D.of(d, z);
    for (int64_t j = 0; j < static_cast<int64_t>(D.columns); j++)
      for (int64_t i = 0; i < static_cast<int64_t>(D.rows); i++) {
        float sum = 0;
        for (int64_t p = 0; p < static_cast<int64_t>(terms); p++) sum += (o.a ? x[p + i * A.ld] : x[i + p * A.ld]) * (o.b ? y[j + p * B.ld] : y[p + j * B.ld]);
        sum *= *static_cast<const float*>(alpha);
        if (*static_cast<const float*>(beta) != 0) sum += *static_cast<const float*>(beta) * from[i + j * C.ld];
        if (o.epilogue & 4) sum += o.bias[i + z * o.bias_distance];
        if (o.epilogue & 2) sum = sum < 0 ? 0 : sum;
        if (o.epilogue & 32) sum = 0.5f * sum * (1 + std::tanh(0.797884561f * (sum + 0.044715f * sum * sum * sum)));
        to[i + j * D.ld] = sum;
      }
  }
  return 0;
}
}
