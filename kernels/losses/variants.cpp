#include <cmath>

#include "kernels/launch/rung.h"
#include "kernels/losses/losses_loops.h"

namespace ceir {

#if defined(__x86_64__)
void squared_error_avx2(const SquaredErrorSum<float>& a);
void squared_error_avx2(const SquaredErrorSum<double>& a);
void kl_gaussian_avx2(const KlGaussianSum<float>& a);
void kl_gaussian_avx2(const KlGaussianSum<double>& a);
#endif
CEIR_RUNG void squared_error_v1_block(const SquaredErrorSum<float>&);
CEIR_RUNG void binary_cross_entropy_v1_block(const BinaryCrossEntropySum<float>&);
CEIR_RUNG void kl_gaussian_v1_block(const KlGaussianSum<float>&);

namespace {

template <class T> void squared_error_ref(const SquaredErrorSum<T>& a) { squared_error(a); }
template <class T> void kl_gaussian_ref(const KlGaussianSum<T>& a) { kl_gaussian(a); }

template <class T> void binary_cross_entropy_ref(const BinaryCrossEntropySum<T>& a) {
  constexpr T smallest = static_cast<T>(1e-12f);
  block_sum<T>(a.n, a.sums, a.total, [&](int64_t i) {
    const T p = a.p[i], t = a.target[i];
    if (a.dp) {
      const T variance = p * (1 - p);
      a.dp[i] = (p - t) / (variance > smallest ? variance : smallest);
    }
    const T log_p = std::log(p), log_q = std::log1p(-p);  // -inf at the ends; NaN stays NaN
    return (t - 1) * (log_q < -100 ? T{-100} : log_q) - t * (log_p < -100 ? T{-100} : log_p);
  });
}

template <class Args>
std::vector<Variant<Args>> with_avx2(void (*avx2)(const Args&), void (*ref)(const Args&), std::vector<Variant<Args>> list = {}) {
  if (avx2) list.push_back({"avx2", Device::cpu, avx2, needs<Cpu::avx2>});
  list.push_back({"ref", Device::cpu, ref});
  return list;
}

#if defined(__x86_64__)
template <class T> constexpr void (*squared_error_best)(const SquaredErrorSum<T>&) = squared_error_avx2;
template <class T> constexpr void (*kl_gaussian_best)(const KlGaussianSum<T>&) = kl_gaussian_avx2;
#else
template <class T> constexpr void (*squared_error_best)(const SquaredErrorSum<T>&) = nullptr;
template <class T> constexpr void (*kl_gaussian_best)(const KlGaussianSum<T>&) = nullptr;
#endif

}  // namespace

const Table<SquaredErrorSum<float>> squared_error_variants{"squared_error", with_avx2(squared_error_best<float>, squared_error_ref<float>, {
    {"cuda.v1", Device::cuda, squared_error_v1_block, on_device<any_gpu>}})};
const Table<SquaredErrorSum<double>> squared_error_f64_variants{"squared_error_f64", with_avx2(squared_error_best<double>, squared_error_ref<double>)};
const Table<KlGaussianSum<float>> kl_gaussian_variants{"kl_gaussian", with_avx2(kl_gaussian_best<float>, kl_gaussian_ref<float>, {
    {"cuda.v1", Device::cuda, kl_gaussian_v1_block, on_device<any_gpu>}})};
const Table<KlGaussianSum<double>> kl_gaussian_f64_variants{"kl_gaussian_f64", with_avx2(kl_gaussian_best<double>, kl_gaussian_ref<double>)};
const Table<BinaryCrossEntropySum<float>> binary_cross_entropy_variants{"binary_cross_entropy", {
    {"cuda.v1", Device::cuda, binary_cross_entropy_v1_block, on_device<any_gpu>},
    {"ref", Device::cpu, binary_cross_entropy_ref<float>}}};
const Table<BinaryCrossEntropySum<double>> binary_cross_entropy_f64_variants{"binary_cross_entropy_f64", {{"ref", Device::cpu, binary_cross_entropy_ref<double>}}};

}  // namespace ceir
