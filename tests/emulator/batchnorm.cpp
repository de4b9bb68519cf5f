// The ladders of batch normalisation.
#include "kernels/batchnorm/batchnorm.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Shape {
  int64_t n, channels, inner;
};
constexpr Shape shapes[] = {{1, 1, 1}, {2, 31, 1}, {33, 32, 1}, {70, 33, 1}, {1000, 5, 1}, {1, 3, 2}, {3, 2, 37}, {2, 3, 1000}, {40, 2, 49}};

// Channels have a mean or a constant of their own, as matrix()'s rows do.
Doubles drawn_channels(const Shape& s, Kind kind, uint64_t salt) {
  const Doubles by_channel = matrix({s.channels, s.n * s.inner, kind}, salt);
  Doubles x(by_channel.size());
  for (int64_t c = 0; c < s.channels; c++)
    for (int64_t i = 0; i < s.n; i++)
      for (int64_t k = 0; k < s.inner; k++)
        x[static_cast<size_t>((i * s.channels + c) * s.inner + k)] = by_channel[static_cast<size_t>((c * s.n + i) * s.inner + k)];
  return x;
}

Doubles positive(Doubles v) {
  for (double& x : v) x = static_cast<double>(static_cast<float>(std::abs(x) + 0.25));
  return v;
}

std::vector<float> joined(std::vector<float> a, const std::vector<float>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bool all_schedules_for(const Shape& s, Kind kind) { return kind == Kind::plain && (s.n == 70 || s.inner == 37); }

}  // namespace

TEST_CASE("batch_statistics: every rung keeps its digits with large means, constant channels and huge values") {
  for (const Shape& s : shapes)
    for (const Kind kind : all_kinds) {
      const Doubles x = drawn_channels(s, kind, 1);
      const auto channels = static_cast<size_t>(s.channels);
      Doubles mean(channels), var(channels);
      batch_statistics_f64_variants.variants().back().run({x.data(), mean.data(), var.data(), s.n, s.channels, s.inner});
      for (const auto& rung : rungs_of(batch_statistics_variants)) {
        INFO(std::string(rung.name), " ", s.n, " x ", s.channels, " x ", s.inner, ", ", std::string(name_of(kind)));
        in_schedules(all_schedules_for(s, kind), [&] {
          const OnDevice<float> dx(to_float(x)), dmean(channels), dvar(channels);
          rung.run({dx, dmean, dvar, s.n, s.channels, s.inner});
          return joined(dmean.values(), dvar.values());
        }, [&](const std::vector<float>& got) {
          const auto middle = got.begin() + s.channels;
          check_close({got.begin(), middle}, mean, largest(x, 1e-30), 8);
          check_close({middle, got.end()}, var, largest(var, 1e-9), 16);
        });
      }
    }
}

TEST_CASE("batch_statistics: of nothing, of NaN and infinities; other channels are left alone") {
  const Doubles x = {1, NAN, 3, INFINITY, 2, 4, 3, -INFINITY, 3, 5, 3, 7};  // (3, 4)
  for (const auto& rung : rungs_of(batch_statistics_variants))
    for (const int64_t n : {3, 0}) {
      INFO(std::string(rung.name), ", ", n, " rows");
      Doubles mean(4), var(4);
      batch_statistics_f64_variants.variants().back().run({x.data(), mean.data(), var.data(), n, 4, 1});
      const UseEmulator use;
      const OnDevice<float> dx(to_float({x.begin(), x.begin() + 4 * n})), dmean(4), dvar(4);
      rung.run({dx, dmean, dvar, n, 4, 1});
      check_close(dmean.values(), mean, 8, 4);
      check_close(dvar.values(), var, 8, 4);
    }
}

TEST_CASE("batchnorm: every rung, in place") {
  for (const Shape& s : shapes)
    for (const Kind kind : all_kinds) {
      const Doubles x = drawn_channels(s, kind, 2), mean = drawn(s.channels, 3), rstd = positive(drawn(s.channels, 4)), gain = drawn(s.channels, 5), bias = drawn(s.channels, 6);
      Doubles want(x.size());
      batchnorm_f64_variants.variants().back().run({x.data(), mean.data(), rstd.data(), gain.data(), bias.data(), want.data(), s.n, s.channels, s.inner});
      for (const auto& rung : rungs_of(batchnorm_variants)) {
        INFO(std::string(rung.name), " ", s.n, " x ", s.channels, " x ", s.inner, ", ", std::string(name_of(kind)));
        in_schedules(all_schedules_for(s, kind), [&] {
          const OnDevice<float> dx(to_float(x)), dmean(to_float(mean)), drstd(to_float(rstd)), dgain(to_float(gain)), dbias(to_float(bias));
          rung.run({dx, dmean, drstd, dgain, dbias, dx, s.n, s.channels, s.inner});
          return dx.values();
        }, [&](const std::vector<float>& got) { check_close(got, want, 4.5 * largest(x, 1), 8); });
      }
    }
}

TEST_CASE("batchnorm_backward: every rung, training and not, with and without dx, dx in place of dy") {
  for (const Shape& s : shapes)
    for (const int option : {0, 1, 2}) {  // training, evaluation, training without dx
      const Doubles x = drawn_channels(s, Kind::plain, 7), dy = drawn_channels(s, Kind::plain, 8);
      const Doubles mean = drawn(s.channels, 9), rstd = positive(drawn(s.channels, 10)), gain = drawn(s.channels, 11);
      const auto channels = static_cast<size_t>(s.channels);
      Doubles dx(x.size()), dgain(channels), dbias(channels);
      batchnorm_backward_f64_variants.variants().back().run({x.data(), mean.data(), rstd.data(), gain.data(), dy.data(), dx.data(), dgain.data(),
                                                             dbias.data(), s.n, s.channels, s.inner, option != 1});
      for (const auto& rung : rungs_of(batchnorm_backward_variants)) {
        INFO(std::string(rung.name), " ", s.n, " x ", s.channels, " x ", s.inner, ", option ", option);
        in_schedules(all_schedules_for(s, Kind::plain), [&] {
          const OnDevice<float> px(to_float(x)), pmean(to_float(mean)), prstd(to_float(rstd)), pgain(to_float(gain)), pdy(to_float(dy)), pdgain(channels), pdbias(channels);
          rung.run({px, pmean, prstd, pgain, pdy, option == 2 ? nullptr : pdy.get(), pdgain, pdbias, s.n, s.channels, s.inner, option != 1});
          return joined(joined(pdgain.values(), pdbias.values()), pdy.values());
        }, [&](const std::vector<float>& got) {
          const auto at = got.begin();
          const double sum = largest(dy) * std::sqrt(static_cast<double>(s.n * s.inner));  // errors of sums grow like the root of their length
          check_close({at, at + s.channels}, dgain, 9 * sum, 16);
          check_close({at + s.channels, at + 2 * s.channels}, dbias, sum, 16);
          if (option != 2) check_close({at + 2 * s.channels, got.end()}, dx, 4.5 * 81 * largest(dy), 8);
        });
      }
    }
}
