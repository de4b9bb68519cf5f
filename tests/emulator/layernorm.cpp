// The layernorm ladder.
#include "kernels/layernorm/layernorm.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

Doubles as_float(Doubles v) {
  for (double& x : v) x = static_cast<double>(static_cast<float>(x));
  return v;
}

std::vector<float> joined(std::vector<float> a, const std::vector<float>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("layernorm: every rung keeps its digits with large means, constant rows and huge values") {
  for (const int64_t width : {1, 8, 31, 32, 33, 132, 768, 1000, 1536})
    for (const int64_t rows : {1, 5, 70, 300})
      for (const Kind kind : all_kinds) {
        if (rows > 5 && (width > (rows == 70 ? 132 : 8) || kind != Kind::plain)) continue;
        const Problem p{rows, width, kind};
        const Doubles x = matrix(p, 4), gain = drawn(width, 5), bias = drawn(width, 6);
        const auto n = static_cast<size_t>(rows);
        Doubles y(x.size()), mean(n), rstd(n);
        layernorm_f64_variants.variants().back().run({x.data(), gain.data(), bias.data(), y.data(), mean.data(), rstd.data(), rows, width, 1e-5});
        for (const auto& rung : rungs_of(layernorm_variants)) {
          INFO(std::string(rung.name), " ", rows, " x ", width, ", ", std::string(name_of(kind)));
          in_schedules(kind == Kind::plain && rows == 5, [&] {
            const OnDevice<float> dx(to_float(x)), dgain(to_float(gain)), dbias(to_float(bias)), dmean(n), drstd(n);  // y in place of x
            const LayerNorm<float> a{dx, dgain, dbias, dx, dmean, drstd, rows, width, 1e-5};
            if (rung.lacks(a)) {
              CHECK(std::string(rung.lacks(a)) == "the width is not a multiple of 4");
              return std::vector<float>();
            }
            rung.run(a);
            return joined(joined(dx.values(), dmean.values()), drstd.values());
          }, [&](const std::vector<float>& got) {
            if (got.empty()) return;
            const auto part = [&](size_t begin, size_t size) { return std::vector<float>(got.begin() + static_cast<int64_t>(begin), got.begin() + static_cast<int64_t>(begin + size)); };
            check_close(part(0, x.size()), y, largest(y, 2), 16);
            check_close(part(x.size(), n), mean, largest(x, 1e-30), 12);
            check_close(part(x.size() + n, n), rstd, largest(rstd), 12);
          });
        }
      }
}

TEST_CASE("layernorm at inference writes no mean and rstd") {
  const Doubles x = matrix({3, 36}, 4), gain = drawn(36, 5);
  for (const auto& rung : rungs_of(layernorm_variants)) {
    const UseEmulator use;
    const OnDevice<float> dx(to_float(x)), dgain(to_float(gain)), a(x.size()), b(x.size()), mean(3), rstd(3);
    rung.run({dx, dgain, dgain, a, mean, rstd, 3, 36, 1e-5});
    rung.run({dx, dgain, dgain, b, nullptr, nullptr, 3, 36, 1e-5});
    CHECK(a.values() == b.values());
  }
}

TEST_CASE("layernorm_backward: every rung, with and without each gradient, dx in place of dy") {
  for (const int64_t width : {1, 31, 33, 132, 1000})
    for (const int64_t rows : {1, 5, 150})
      for (const int option : {0, 1, 2}) {  // all, without dx, without dgain and dbias
        if (width == 1000 && rows == 150) continue;
        const auto w = static_cast<size_t>(width);
        const Problem p{rows, width};
        const Doubles x = matrix(p, 7), gain = drawn(width, 8), mean = drawn(rows, 9), rstd = as_float(drawn(rows, 10, 0.25, 2)), dy = matrix(p, 11);
        Doubles dx(x.size()), dgain(w), dbias(w);
        layernorm_backward_f64_variants.variants().back().run({x.data(), gain.data(), mean.data(), rstd.data(), dy.data(), dx.data(), dgain.data(), dbias.data(), rows, width});
        for (const auto& rung : rungs_of(layernorm_backward_variants)) {
          INFO(std::string(rung.name), " ", rows, " x ", width, ", option ", option);
          in_schedules(rows == 5 && option == 0, [&] {
            const OnDevice<float> px(to_float(x)), pgain(to_float(gain)), pmean(to_float(mean)), prstd(to_float(rstd)), pdy(to_float(dy)), pdgain(w), pdbias(w);
            rung.run({px, pgain, pmean, prstd, pdy, option == 1 ? nullptr : pdy.get(), option == 2 ? nullptr : pdgain.get(),
                      option == 2 ? nullptr : pdbias.get(), rows, width});
            if (option == 1) return joined(pdgain.values(), pdbias.values());
            return option == 2 ? pdy.values() : joined(joined(pdgain.values(), pdbias.values()), pdy.values());
          }, [&](const std::vector<float>& got) {
            const auto at = got.begin();
            const auto size = static_cast<int64_t>(w);
            if (option != 1) check_close({got.end() - static_cast<int64_t>(dx.size()), got.end()}, dx, 16 * largest(dy), 8);
            if (option == 2) return;
            // Sums over the rows: errors grow like the square root of their number.
            const double norm = largest(dy) * std::sqrt(static_cast<double>(rows));
            check_close({at, at + size}, dgain, 8 * norm, 16);
            check_close({at + size, at + 2 * size}, dbias, norm, 16);
          });
        }
      }
}

TEST_CASE("layernorm_backward: the same bits for the first rows, however many follow") {
  const Doubles x = matrix({130, 40}, 7), gain = drawn(40, 8), mean = drawn(130, 9), rstd = drawn(130, 10, 0.25, 2), dy = matrix({130, 40}, 11);
  for (const auto& rung : rungs_of(layernorm_backward_variants)) {
    const UseEmulator use;
    const OnDevice<float> px(to_float(x)), pgain(to_float(gain)), pmean(to_float(mean)), prstd(to_float(rstd)), pdy(to_float(dy)), all(x.size()), few(x.size());
    rung.run({px, pgain, pmean, prstd, pdy, all, nullptr, nullptr, 130, 40});
    rung.run({px, pgain, pmean, prstd, pdy, few, nullptr, nullptr, 7, 40});
    std::vector<float> first(7 * 40), expected = all.values();
    expected.resize(first.size());
    REQUIRE(emulator_runtime()->copy_out(first.data(), few.get(), first.size() * sizeof(float), nullptr) == 0);
    CHECK(first == expected);
  }
}
