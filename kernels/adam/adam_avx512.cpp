// Adam, 16 elements at a time: bound by memory, four arrays read and three written.
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/adam/adam.h"
#include "kernels/base/threads.h"

namespace ceir {
namespace {

struct F32 {
  using T = float;
  using V = __m512;
  static constexpr int64_t width = 16;
  static V load(const T* p) { return _mm512_loadu_ps(p); }
  static void store(T* p, V v) { _mm512_storeu_ps(p, v); }
  static V set(T x) { return _mm512_set1_ps(x); }
  static V add(V a, V b) { return _mm512_add_ps(a, b); }
  static V sub(V a, V b) { return _mm512_sub_ps(a, b); }
  static V mul(V a, V b) { return _mm512_mul_ps(a, b); }
  static V div(V a, V b) { return _mm512_div_ps(a, b); }
  static V sqrt(V a) { return _mm512_mask_sqrt_ps(a, 0xffff, a); }
};

struct F64 {
  using T = double;
  using V = __m512d;
  static constexpr int64_t width = 16 / 2;
  static V load(const T* p) { return _mm512_loadu_pd(p); }
  static void store(T* p, V v) { _mm512_storeu_pd(p, v); }
  static V set(T x) { return _mm512_set1_pd(x); }
  static V add(V a, V b) { return _mm512_add_pd(a, b); }
  static V sub(V a, V b) { return _mm512_sub_pd(a, b); }
  static V mul(V a, V b) { return _mm512_mul_pd(a, b); }
  static V div(V a, V b) { return _mm512_div_pd(a, b); }
  static V sqrt(V a) { return _mm512_mask_sqrt_pd(a, 0xff, a); }
};

// One vector at `offset` of w, g, m, v. No fused multiply-add: the bits are the reference's.
template <class S> void update(const AdamUpdate<typename S::T>& a, typename S::T* w, const typename S::T* g,
                               typename S::T* m, typename S::T* v) {
  const auto grad = S::load(g);
  const auto mean = S::add(S::mul(S::set(a.beta1), S::load(m)), S::mul(S::set(1 - a.beta1), grad));
  const auto square = S::add(S::mul(S::set(a.beta2), S::load(v)), S::mul(S::set(1 - a.beta2), S::mul(grad, grad)));
  S::store(m, mean);
  S::store(v, square);
  const auto denominator = S::add(S::div(S::sqrt(square), S::set(a.sqrt_correction)), S::set(a.eps));
  const auto step = S::mul(S::set(a.step_size), S::div(mean, denominator));
  S::store(w, S::sub(S::mul(S::set(a.shrink), S::load(w)), step));
}

template <class S> void run(const AdamUpdate<typename S::T>& a) {
  using T = typename S::T;
  parallel_for(a.n, 16384, [&](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + S::width <= end; i += S::width) update<S>(a, a.w + i, a.g + i, a.m + i, a.v + i);
    if (i == end) return;
    T w[S::width] = {}, g[S::width] = {}, m[S::width] = {}, v[S::width] = {};  // the rest, padded with zeros
    const int64_t rest = end - i;
    for (int64_t k = 0; k < rest; k++) w[k] = a.w[i + k], g[k] = a.g[i + k], m[k] = a.m[i + k], v[k] = a.v[i + k];
    update<S>(a, w, g, m, v);
    for (int64_t k = 0; k < rest; k++) a.w[i + k] = w[k], a.m[i + k] = m[k], a.v[i + k] = v[k];
  });
}

}  // namespace

void adam_avx512(const AdamUpdate<float>& a) { run<F32>(a); }
void adam_avx512(const AdamUpdate<double>& a) { run<F64>(a); }

}  // namespace ceir
#endif
