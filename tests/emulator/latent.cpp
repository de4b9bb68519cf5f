// The ladders of the latent code.
#include "kernels/latent/latent.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

constexpr int64_t lengths[] = {0, 1, 3, 31, 32, 33, 1000, 1025, 9001};

}  // namespace

TEST_CASE("latent: every rung gives the reference's code and divergence, in place of the noise, wherever arrays begin") {
  for (const int64_t n : lengths)
    for (const auto& [scale, spread] : {std::array<double, 2>{1, 1}, {1, 20}, {1e4, 20}, {1e15, 20}})
      for (const int64_t begin : {0, 1}) {
        const Doubles mu = drawn(n, 1, -scale, scale), logvar = drawn(n, 2, -spread, spread), noise = drawn(n, 3);
        const auto blocks = static_cast<size_t>(std::max<int64_t>(1, (n + latent_block - 1) / latent_block));
        Doubles z(mu.size()), sums(blocks);
        latent_f64_variants.variants().back().run({mu.data(), logvar.data(), noise.data(), z.data(), n, sums.data()});
        for (const auto& rung : rungs_of(latent_variants)) {
          INFO(std::string(rung.name), ", ", n, " elements from ", begin, ", means up to ", scale, ", logarithms up to ", spread);
          in_schedules(n == 1025 && scale == spread, [&] {
            const auto shifted = [&](const Doubles& v) {
              std::vector<float> all = to_float(v);
              all.insert(all.begin(), static_cast<size_t>(begin), 0.0f);
              return OnDevice<float>(all);
            };
            const OnDevice<float> pmu = shifted(mu), plogvar = shifted(logvar), pnoise = shifted(noise);
            const OnDevice<double> psums(blocks);
            rung.run({pmu.get() + begin, plogvar.get() + begin, pnoise.get() + begin, pnoise.get() + begin, n, psums});
            std::vector<float> got = pnoise.values();
            got.erase(got.begin(), got.begin() + begin);
            got.push_back(static_cast<float>(psums.values()[0]));
            return got;
          }, [&](const std::vector<float>& got) {
            check_close({got.begin(), got.end() - 1}, z, scale + 2 * std::exp(spread / 2), 8);
            check_close({got.back()}, {sums[0]}, (0.5 * scale * scale + std::exp(spread)) * static_cast<double>(n), 8);
          });
        }
      }
}

TEST_CASE("latent: a code far from the prior by infinity, and one that is not a number, are told in the divergence") {
  for (const auto& rung : rungs_of(latent_variants))
    for (const double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
      Doubles mu = drawn(5000, 1);
      mu[4999] = bad;
      const UseEmulator use;
      const OnDevice<float> pmu(to_float(mu)), logvar(to_float(drawn(5000, 2))), z(5000);
      const OnDevice<double> sums(2);
      rung.run({pmu, logvar, logvar, z, 5000, sums});
      const double got = sums.values()[0];
      const bool told = std::isnan(bad) ? std::isnan(got) : std::isinf(got);
      CHECK(told);
    }
}

TEST_CASE("latent_backward: every rung gives the reference's gradients, dmu in place of dz") {
  for (const int64_t n : lengths)
    for (const int64_t begin : {0, 1}) {
      const Doubles mu = drawn(n, 1), logvar = drawn(n, 2, -20, 5), noise = drawn(n, 3), dz = drawn(n, 4);
      Doubles dmu(mu.size()), dlogvar(mu.size());
      latent_backward_f64_variants.variants().back().run({mu.data(), logvar.data(), noise.data(), dz.data(), dmu.data(), dlogvar.data(), n, 0.125});
      for (const auto& rung : rungs_of(latent_backward_variants)) {
        INFO(std::string(rung.name), ", ", n, " elements from ", begin);
        in_schedules(n == 1025, [&] {
          std::vector<float> dz32 = to_float(dz);
          dz32.insert(dz32.begin(), static_cast<size_t>(begin), 0.0f);
          const OnDevice<float> pmu(to_float(mu)), plogvar(to_float(logvar)), pnoise(to_float(noise)), pdz(dz32), pdlogvar(mu.size());
          rung.run({pmu, plogvar, pnoise, pdz.get() + begin, pdz.get() + begin, pdlogvar, n, 0.125f});
          std::vector<float> got = pdz.values();
          got.erase(got.begin(), got.begin() + begin);
          const auto second = pdlogvar.values();
          got.insert(got.end(), second.begin(), second.end());
          return got;
        }, [&](const std::vector<float>& got) {
          check_close({got.begin(), got.begin() + n}, dmu, largest(dmu), 4);
          check_close({got.begin() + n, got.end()}, dlogvar, largest(dlogvar), 8);
        });
      }
    }
}

TEST_CASE("latent: the divergence is also left in f32, and the weight may stand in the device's memory") {
  const Doubles x = drawn(5000, 1);
  for (const auto& rung : rungs_of(latent_variants)) {
    CAPTURE(rung.name);
    const UseEmulator use;
    const OnDevice<float> v(to_float(x)), z(5000), total(1);
    const OnDevice<double> sums(2);
    rung.run({v, v, v, z, 5000, sums, total});
    CHECK(total.values()[0] == static_cast<float>(sums.values()[0]));
  }
  for (const auto& rung : rungs_of(latent_backward_variants)) {
    CAPTURE(rung.name);
    const UseEmulator use;
    const OnDevice<float> v(to_float(x)), weight(std::vector<float>{0.25f}), dmu(5000), dlogvar(5000), dmu2(5000), dlogvar2(5000);
    rung.run({v, v, v, v, dmu, dlogvar, 5000, 0.25f});
    rung.run({v, v, v, v, dmu2, dlogvar2, 5000, 7.0f, weight});
    CHECK(dmu.values() == dmu2.values());
    CHECK(dlogvar.values() == dlogvar2.values());
  }
}

TEST_CASE("latent_backward: the reference is the difference quotient of dz.z + weight KL") {
  const int64_t n = 20;
  Doubles mu = drawn(n, 1), logvar = drawn(n, 2);
  const Doubles noise = drawn(n, 3), dz = drawn(n, 4);
  Doubles z(mu.size()), sums(1), dmu(mu.size()), dlogvar(mu.size());
  const auto loss = [&] {
    latent_f64_variants.variants().back().run({mu.data(), logvar.data(), noise.data(), z.data(), n, sums.data()});
    double total = 0.5 * sums[0];
    for (size_t i = 0; i < z.size(); i++) total += dz[i] * z[i];
    return total;
  };
  latent_backward_f64_variants.variants().back().run({mu.data(), logvar.data(), noise.data(), dz.data(), dmu.data(), dlogvar.data(), n, 0.5});
  const auto slope = [&](double& x) {
    const double before = x, h = 1e-5;
    x = before + h;
    const double up = loss();
    x = before - h;
    const double down = loss();
    x = before;
    return (up - down) / (2 * h);
  };
  for (size_t i = 0; i < mu.size(); i++) {
    CHECK(dmu[i] == doctest::Approx(slope(mu[i])).epsilon(1e-7).scale(1));
    CHECK(dlogvar[i] == doctest::Approx(slope(logvar[i])).epsilon(1e-7).scale(1));
  }
}
