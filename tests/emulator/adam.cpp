// The ladder of Adam. Its rungs give the CPU's bits, which tests/kernels/adam.cpp holds against the formula.
#include "kernels/adam/adam.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct State {
  std::vector<float> w, g, m, v;
  explicit State(int64_t n) {
    Random random(3, "adam rungs", static_cast<uint64_t>(n));
    for (int64_t i = 0; i < n; i++) {
      w.push_back(static_cast<float>(random.normal()));
      g.push_back(static_cast<float>(random.normal() * std::pow(10, random.uniform(-30, 15))));
      m.push_back(static_cast<float>(random.normal() * 0.1));
      v.push_back(static_cast<float>(random.uniform() * std::pow(10, random.uniform(-30, 5))));
    }
    if (n > 30) g[3] = NAN, g[4] = INFINITY, g[5] = 0, v[5] = 0, m[5] = 0;
  }
};

AdamUpdate<float> update(float* w, const float* g, float* m, float* v, int64_t n) {
  return {w, g, m, v, n, 0.9f, 0.999f, 1e-8f, 1e-2f, 0.05f, 0.999f};
}

}  // namespace

TEST_CASE("adam: every rung gives the reference's bits, wherever its tensors begin") {
  for (const int64_t n : {0, 1, 3, 31, 32, 33, 1000, 1025})
    for (const int64_t begin : {0, 1}) {  // 1: no multiple of 16 bytes
      if (begin > n) continue;
      State want(n);
      const auto at = static_cast<size_t>(begin);
      adam_variants.variants().back().run(update(want.w.data() + at, want.g.data() + at, want.m.data() + at, want.v.data() + at, n - begin));
      for (const auto& rung : rungs_of(adam_variants)) {
        INFO(std::string(rung.name), ", ", n, " elements, from ", begin);
        in_schedules(n == 1025, [&] {
          const State s(n);
          const OnDevice<float> w(s.w), g(s.g), m(s.m), v(s.v);
          rung.run(update(w.get() + begin, g.get() + begin, m.get() + begin, v.get() + begin, n - begin));
          CHECK(same_bits<float>({m.values(), v.values()}, {want.m, want.v}));
          return w.values();
        }, [&](const std::vector<float>& got) { CHECK(same_bits<float>({got}, {want.w})); });
      }
    }
}
