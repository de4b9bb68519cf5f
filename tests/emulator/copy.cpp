// The ladder of strided copies, and the small kernel that turns a batch's moments into what batch normalisation uses.
#include "kernels/copy/copy.h"

#include "kernels/batchnorm/moments.h"
#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("copy: every rung moves the elements that the reference moves, of every size") {
  struct View { std::vector<int64_t> shape, from, to; int64_t extent; };
  const std::vector<View> views = {
      {{7, 33}, {33, 1}, {1, 7}, 231}, {{3, 5, 4}, {0, 4, 1}, {20, 4, 1}, 60}, {{1}, {1}, {1}, 1}, {{}, {}, {}, 1},
      {{2, 3, 4, 5}, {60, 20, 5, 1}, {1, 2, 6, 24}, 120}, {{31, 2}, {4, 2}, {2, 1}, 124}, {{0, 3}, {3, 1}, {3, 1}, 1}};
  for (const View& v : views)
    for (const int64_t element : {1, 2, 4, 8}) {
      std::vector<uint8_t> x(static_cast<size_t>(v.extent * element)), want(x.size(), 0xEE);
      for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<uint8_t>(i * 37 + 11);
      StridedCopy copy{x.data(), want.data(), element, static_cast<int>(v.shape.size()), {}, {}, {}};
      for (size_t d = 0; d < v.shape.size(); d++) copy.shape[d] = v.shape[d], copy.x_stride[d] = v.from[d], copy.y_stride[d] = v.to[d];
      copy_variants.variants().back().run(copy);
      for (const auto& rung : rungs_of(copy_variants)) {
        INFO(std::string(rung.name), " ", v.shape.size(), " dimensions, elements of ", element);
        for (const emulator::Schedule& s : schedules(v.extent == 60)) {
          // Two single bytes side by side are one place for the emulator's record (kernels/emulator/README.md).
          const UseEmulator use({.schedule = s, .check = element > 1});
          const OnDevice<uint8_t> from(x), to(std::vector<uint8_t>(x.size(), 0xEE));
          StridedCopy there = copy;
          there.x = from.get(), there.y = to.get();
          rung.run(there);
          synchronize();
          CHECK(to.values() == want);
        }
      }
    }
}

TEST_CASE("batch_moments: every rung gives the reference's bits, training or not") {
  for (const int64_t channels : {1, 31, 33, 1000})
    for (const bool training : {false, true}) {
      const std::vector<float> mean = to_float(drawn(channels, 1)), var = to_float(drawn(channels, 2, 0, 3));
      std::vector<float> running_mean = to_float(drawn(channels, 3)), running_var = to_float(drawn(channels, 4, 0.5, 2)), rstd(mean.size());
      const std::vector<float> before_mean = running_mean, before_var = running_var;
      BatchMoments<float> a{mean.data(), var.data(), training ? running_mean.data() : nullptr, training ? running_var.data() : nullptr,
                            rstd.data(), channels, 0.1, 65.0 / 64, 1e-5};
      batch_moments_variants.variants().back().run(a);
      for (const auto& rung : rungs_of(batch_moments_variants)) {
        INFO(std::string(rung.name), " ", channels, " channels");
        for (const emulator::Schedule& s : schedules(channels == 33)) {
          const UseEmulator use({.schedule = s});
          const OnDevice<float> m(mean), v(var), rm(before_mean), rv(before_var), r(rstd.size());
          rung.run({m, v, training ? rm.get() : nullptr, training ? rv.get() : nullptr, r, channels, a.momentum, a.correction, a.eps});
          CHECK(r.values() == rstd);
          CHECK(rm.values() == running_mean);
          CHECK(rv.values() == running_var);
        }
      }
    }
}
