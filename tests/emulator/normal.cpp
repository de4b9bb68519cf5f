// The ladder of the normal numbers. Its rungs give the CPU's bits, which tests/kernels/normal.cpp holds against the formula.
#include "kernels/normal/normal.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("normal: every rung gives the CPU's bits, for any length and wherever it begins") {
  for (const uint64_t seed : {1, 2, 3})
    for (const int64_t n : {0, 1, 2, 3, 4, 5, 31, 32, 33, 1000, 4097})
      for (const int64_t begin : {0, 1}) {  // 1: no multiple of 16 bytes
        const Random r(seed, "normal rungs");
        const NormalFill host{{r.key()[0], r.key()[1]}, {r.stream()[0], r.stream()[1]}, nullptr, n};
        std::vector<float> want(static_cast<size_t>(n + begin));
        NormalFill a = host;
        a.out = want.data() + begin;
        normal_variants.variants().back().run(a);
        for (const auto& rung : rungs_of(normal_variants)) {
          INFO(std::string(rung.name), ", ", n, " numbers, from ", begin);
          in_schedules(n == 1000 && seed == 1, [&] {
            const OnDevice<float> out(std::vector<float>(want.size()));
            NormalFill b = host;
            b.out = out.get() + begin;
            rung.run(b);
            return out.values();
          }, [&](const std::vector<float>& got) { CHECK(same_bits<float>({got}, {want})); });
        }
      }
}
