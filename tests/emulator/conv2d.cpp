// The ladders of kernels/conv2d: windows of an image as rows of a matrix, and back.
#include "kernels/conv2d/patches.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// Patch embeddings (stride as wide as the window), the residual network's stem and 3 x 3, windows with rests, tails.
const std::vector<PatchGeometry> geometries = {
    {2, 3, 32, 32, 8, 8, 8, 0},  {1, 3, 28, 42, 14, 14, 14, 0}, {2, 3, 17, 19, 3, 3, 2, 1}, {2, 5, 9, 7, 3, 3, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 0},
    {1, 2, 33, 31, 7, 7, 2, 3},  {3, 4, 6, 6, 1, 1, 1, 0},      {1, 2, 10, 11, 4, 2, 3, 0}, {1, 1, 5, 5, 2, 3, 4, 1}, {1, 1, 1, 1000, 1, 4, 3, 0},
    {1, 2, 4, 4, 6, 6, 1, 2},    {2, 3, 9, 24, 5, 8, 4, 4},  {1, 2, 17, 16, 16, 16, 4, 0},
};

size_t elements(const PatchGeometry& g) { return static_cast<size_t>(g.batch * g.channels * g.height * g.width); }
size_t in_windows(const PatchGeometry& g) { return static_cast<size_t>(g.batch * g.out_height() * g.out_width() * g.row()); }

}  // namespace

TEST_CASE("patches: every rung copies what the reference copies") {
  for (size_t i = 0; i < geometries.size(); i++) {
    const PatchGeometry& g = geometries[i];
    Doubles x = drawn(static_cast<int64_t>(elements(g)), 1), want(in_windows(g));
    if (i == 3) x[5] = NAN, x[6] = INFINITY;
    patches_f64_variants.variants().back().run({x.data(), want.data(), g});
    for (const auto& rung : rungs_of(patches_variants)) {
      INFO(std::string(rung.name), ", geometry ", i);
      in_schedules(true, [&] {
        const OnDevice<float> dx(to_float(x)), y(want.size());
        if (rung.lacks({dx, y, g})) return std::vector<float>();
        rung.run({dx, y, g});
        return y.values();
      }, [&](const std::vector<float>& got) {
        if (!got.empty()) check_close(got, want, 0, 0);
      });
    }
  }
}

TEST_CASE("patches_backward: every rung adds up the windows in their order") {
  for (size_t i = 0; i < geometries.size(); i++) {
    const PatchGeometry& g = geometries[i];
    const std::vector<float> dy = to_float(drawn(static_cast<int64_t>(in_windows(g)), 2));
    std::vector<float> want(elements(g));
    patches_backward_variants.variants().back().run({dy.data(), want.data(), g});
    for (const auto& rung : rungs_of(patches_backward_variants)) {
      INFO(std::string(rung.name), ", geometry ", i);
      in_schedules(true, [&] {
        const OnDevice<float> ddy(dy), dx(want.size());
        if (rung.lacks({ddy, dx, g})) return std::vector<float>();
        rung.run({ddy, dx, g});
        return dx.values();
      }, [&](const std::vector<float>& got) {
        if (!got.empty()) CHECK(got == want);  // the bits of the plain one in float
      });
    }
  }
}
