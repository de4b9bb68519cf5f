// The ladders of kernels/pool.
#include "kernels/pool/pool.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// The last have their channels last.
const std::vector<PoolGeometry> maxima = {{3, 9, 7, 3, 2, 1}, {2, 32, 33, 2, 2, 0}, {1, 1, 1, 1, 1, 0}, {2, 31, 5, 3, 1, 1}, {1, 4, 1000, 4, 3, 2}, {40, 6, 6, 6, 6, 0},
                                          {24, 9, 7, 3, 2, 1, 12}, {6, 5, 8, 2, 2, 0, 3}, {66, 4, 4, 2, 2, 1, 33}};
const std::vector<PoolGeometry> means = {{3, 9, 7, 3, 2, 0}, {2, 32, 33, 2, 2, 0}, {1, 1, 1, 1, 1, 0}, {2, 31, 5, 3, 1, 0}, {1, 4, 1000, 4, 3, 0}, {40, 7, 7, 7, 7, 0},
                                         {24, 9, 7, 3, 2, 0, 12}, {6, 5, 8, 2, 2, 0, 3}, {66, 4, 4, 2, 2, 0, 33}, {8, 5, 7, 2, 2, 0, 4}};

int64_t elements(const PoolGeometry& g) { return g.planes * g.height * g.width; }
int64_t windows(const PoolGeometry& g) { return g.planes * g.out_height() * g.out_width(); }

}  // namespace

TEST_CASE("max_pool: every rung takes the first of equal maxima, and NaN") {
  for (const PoolGeometry& g : maxima) {
    Doubles x = drawn(elements(g), 1);
    for (double& v : x) v = std::round(2 * v);  // many are equal
    if (x.size() > 20) x[3] = NAN, x[9] = INFINITY, x[11] = -INFINITY;
    const auto n = static_cast<size_t>(windows(g));
    Doubles want(n);
    std::vector<int64_t> where(n);
    max_pool_f64_variants.variants().back().run({x.data(), want.data(), where.data(), g});
    for (const auto& rung : rungs_of(max_pool_variants)) {
      INFO(std::string(rung.name), " ", g.height, " x ", g.width, ", size ", g.size);
      in_schedules(true, [&] {
        const OnDevice<float> dx(to_float(x)), y(n), again(n);
        const OnDevice<int64_t> dwhere(n);
        if (rung.lacks({dx, y, dwhere, g})) return std::vector<float>();
        rung.run({dx, y, dwhere, g});
        CHECK(dwhere.values() == where);
        rung.run({dx, again, nullptr, g});
        CHECK(same_bits<float>({y.values()}, {again.values()}));
        return y.values();
      }, [&](const std::vector<float>& got) {
        if (!got.empty()) check_close(got, want, 0, 0);
        else CHECK(g.channels_last % 4 != 0);
      });
    }
  }
}

TEST_CASE("max_pool_backward: every rung adds up the windows in their order") {
  for (const PoolGeometry& g : maxima) {
    Doubles x = drawn(elements(g), 1);
    for (double& v : x) v = std::round(2 * v);
    const auto n = static_cast<size_t>(windows(g));
    Doubles y(n);
    std::vector<int64_t> where(n);
    max_pool_f64_variants.variants().back().run({x.data(), y.data(), where.data(), g});
    const std::vector<float> dy = to_float(drawn(windows(g), 2));
    std::vector<float> want(x.size());
    max_pool_backward_variants.variants().back().run({dy.data(), where.data(), want.data(), g});
    for (const auto& rung : rungs_of(max_pool_backward_variants)) {
      INFO(std::string(rung.name), " ", g.height, " x ", g.width, ", size ", g.size);
      in_schedules(true, [&] {
        const OnDevice<float> ddy(dy), dx(x.size());
        const OnDevice<int64_t> dwhere(where);
        rung.run({ddy, dwhere, dx, g});
        return dx.values();
      }, [&](const std::vector<float>& got) { CHECK(got == want); });
    }
  }
}

TEST_CASE("avg_pool and its gradient: every rung has the bits of the plain one in float") {
  for (const PoolGeometry& g : means) {
    const std::vector<float> x = to_float(drawn(elements(g), 3)), dy = to_float(drawn(windows(g), 4));
    std::vector<float> y(dy.size()), dx(x.size());
    avg_pool_variants.variants().back().run({x.data(), y.data(), g});
    avg_pool_backward_variants.variants().back().run({dy.data(), dx.data(), g});
    for (const auto& rung : rungs_of(avg_pool_variants)) {
      INFO(std::string(rung.name), " ", g.height, " x ", g.width, ", size ", g.size);
      in_schedules(true, [&] {
        const OnDevice<float> from(x), to(y.size());
        if (rung.lacks({from, to, g})) return std::vector<float>();
        rung.run({from, to, g});
        return to.values();
      }, [&](const std::vector<float>& got) {
        if (!got.empty()) CHECK(got == y);
        else CHECK(g.channels_last % 4 != 0);
      });
    }
    for (const auto& rung : rungs_of(avg_pool_backward_variants)) {
      INFO(std::string(rung.name), " ", g.height, " x ", g.width, ", size ", g.size);
      in_schedules(true, [&] {
        const OnDevice<float> from(dy), to(x.size());
        rung.run({from, to, g});
        return to.values();
      }, [&](const std::vector<float>& got) { CHECK(got == dx); });
    }
  }
}

TEST_CASE("pool on the CPU: rows of channels give what the plain loops give, NaN included") {
  for (const PoolGeometry& g : maxima) {
    Doubles x = drawn(elements(g), 5);
    if (x.size() > 20) x[3] = NAN, x[9] = INFINITY;
    Doubles want(static_cast<size_t>(windows(g))), got(want.size());
    max_pool_f64_variants.variants().back().run({x.data(), want.data(), nullptr, g});
    max_pool_f64_variants({x.data(), got.data(), nullptr, g});
    CHECK(same_bits<double>({want}, {got}));
  }
  for (const PoolGeometry& g : means) {
    const Doubles x = drawn(elements(g), 6);
    Doubles want(static_cast<size_t>(windows(g))), got(want.size());
    avg_pool_f64_variants.variants().back().run({x.data(), want.data(), g});
    avg_pool_f64_variants({x.data(), got.data(), g});
    CHECK(same_bits<double>({want}, {got}));
  }
}
