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

TEST_CASE("adam_all: every rung gives what one parameter after the other gives, to the bit") {
  for (const int count : {0, 1, 2, 3, 60}) {
    std::vector<State> want, start;
    std::vector<AdamUpdate<float>> updates;
    const auto size_of = [&](int i) { return std::array<int64_t, 6>{1025, 1, 0, 33, 1024, 31}[static_cast<size_t>(i % 6)]; };
    for (int i = 0; i < count; i++) want.emplace_back(size_of(i)), start.emplace_back(size_of(i));
    for (State& s : want) updates.push_back(update(s.w.data(), s.g.data(), s.m.data(), s.v.data(), static_cast<int64_t>(s.w.size())));
    adam_all_variants.variants().back().run({updates.data(), count});
    for (const auto& rung : rungs_of(adam_all_variants)) {
      INFO(std::string(rung.name), ", ", count, " parameters");
      in_schedules(count == 3, [&] {
        std::vector<OnDevice<float>> arrays;
        std::vector<AdamUpdate<float>> on_device;
        for (const State& s : start) {
          for (const auto* v : {&s.w, &s.g, &s.m, &s.v}) arrays.emplace_back(*v);
          const size_t at = arrays.size() - 4;
          on_device.push_back(update(arrays[at], arrays[at + 1], arrays[at + 2], arrays[at + 3], static_cast<int64_t>(s.w.size())));
        }
        rung.run({on_device.data(), count});
        std::vector<float> all;
        for (size_t i = 0; i < want.size(); i++) {
          CHECK(same_bits<float>({arrays[4 * i].values(), arrays[4 * i + 2].values(), arrays[4 * i + 3].values()}, {want[i].w, want[i].m, want[i].v}));
          const auto w = arrays[4 * i].values();
          all.insert(all.end(), w.begin(), w.end());
        }
        return all;
      }, [](const std::vector<float>&) {});
    }
  }
}
