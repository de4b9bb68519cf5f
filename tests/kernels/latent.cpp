// The CPU's variants of the latent code.
#include "kernels/latent/latent.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "kernels/base/random.h"

using namespace ceir;

namespace {

template <class T> std::vector<T> drawn(int64_t n, uint64_t salt, double low, double high) {
  Random random(salt, "test.latent");
  std::vector<T> v(static_cast<size_t>(n));
  for (T& x : v) x = static_cast<T>(static_cast<float>(random.uniform(low, high)));  // the same numbers in both types
  return v;
}

}  // namespace

TEST_CASE("latent: the CPU's variants give the double reference's code, divergence and gradients") {
  for (const int64_t n : {0, 1, 7, 31, 32, 33, 1000, 4096, 4097, 9001}) {
    const auto mu = drawn<double>(n, 1, -3, 3), logvar = drawn<double>(n, 2, -8, 4), noise = drawn<double>(n, 3, -4, 4), dz = drawn<double>(n, 4, -1, 1);
    const auto size = static_cast<size_t>(n);
    std::vector<double> z(size), sums(4), dmu(size), dlogvar(size);
    double total = 0, weight = 0.25;
    latent_f64_variants({mu.data(), logvar.data(), noise.data(), z.data(), n, sums.data(), &total});
    CHECK(total == sums[0]);
    latent_backward_f64_variants({mu.data(), logvar.data(), noise.data(), dz.data(), dmu.data(), dlogvar.data(), n, 9, &weight});
    const auto fmu = drawn<float>(n, 1, -3, 3), flogvar = drawn<float>(n, 2, -8, 4), fnoise = drawn<float>(n, 3, -4, 4), fdz = drawn<float>(n, 4, -1, 1);
    for (const auto& v : latent_variants.variants()) {
      if (v.device != Device::cpu) continue;
      std::vector<float> got = fnoise;
      float rounded = 0;
      const Latent<float> args{fmu.data(), flogvar.data(), got.data(), got.data(), n, sums.data(), &rounded};
      if (v.lacks(args)) continue;
      CAPTURE(v.name);
      CAPTURE(n);
      v.run(args);
      for (size_t i = 0; i < size; i++) REQUIRE(std::abs(static_cast<double>(got[i]) - z[i]) <= 2e-6 * (1 + std::abs(z[i])));
      CHECK(std::abs(static_cast<double>(rounded) - total) <= 1e-5 * (1 + total));
      CHECK(rounded == static_cast<float>(sums[0]));
    }
    for (const auto& v : latent_backward_variants.variants()) {
      if (v.device != Device::cpu) continue;
      std::vector<float> da = fdz, db(size);
      const float there = 0.25f;
      const LatentBackward<float> args{fmu.data(), flogvar.data(), fnoise.data(), da.data(), da.data(), db.data(), n, 9, &there};
      if (v.lacks(args)) continue;
      CAPTURE(v.name);
      CAPTURE(n);
      v.run(args);
      for (size_t i = 0; i < size; i++) {
        REQUIRE(std::abs(static_cast<double>(da[i]) - dmu[i]) <= 1e-6 * (1 + std::abs(dmu[i])));
        REQUIRE(std::abs(static_cast<double>(db[i]) - dlogvar[i]) <= 4e-6 * (1 + std::abs(dlogvar[i])));
      }
    }
  }
}
