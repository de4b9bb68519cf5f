// The embedding ladder.
#include "kernels/embedding/embedding.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// Some ids again and again, some once, some never.
std::vector<int64_t> ids_of(int64_t n, int64_t vocabulary) {
  std::vector<int64_t> ids;
  Random random(n, "ids");
  for (int64_t i = 0; i < n; i++) ids.push_back(random.chance(0.3) ? vocabulary - 1 : static_cast<int64_t>(random.uniform(0, static_cast<double>(vocabulary - 1))));
  return ids;
}

}  // namespace

TEST_CASE("embedding: every rung copies the rows, in every schedule") {
  for (const int64_t width : {1, 6, 31, 32, 33, 132, 512, 1000})
    for (const int64_t n : {1, 5, 77}) {
      if (n == 77 && width > 132) continue;
      const int64_t vocabulary = 11;
      const Doubles table = drawn(vocabulary * width, 1);
      const std::vector<int64_t> ids = ids_of(n, vocabulary);
      Doubles want(static_cast<size_t>(n * width));
      embedding_f64_variants.variants().back().run({table.data(), ids.data(), want.data(), n, width});
      for (const auto& rung : rungs_of(embedding_variants)) {
        INFO(std::string(rung.name), " ", n, " x ", width);
        in_schedules(n == 5, [&] {
          const OnDevice<float> dtable(to_float(table)), y(want.size());
          const OnDevice<int64_t> dids(ids);
          rung.run({dtable, dids, y, n, width});
          return y.values();
        }, [&](const std::vector<float>& got) { check_close(got, want, 0, 0); });
      }
    }
}

TEST_CASE("embedding_backward: every rung adds equal ids in their order, to what is there") {
  for (const int64_t width : {1, 31, 33, 132, 300})
    for (const int64_t n : {1, 5, 33, 100}) {
      const int64_t vocabulary = 11;
      const std::vector<float> dy = to_float(drawn(n * width, 2)), before = to_float(drawn(vocabulary * width, 3));
      const std::vector<int64_t> ids = ids_of(n, vocabulary);
      std::vector<float> want = before;
      embedding_backward_variants.variants().back().run({dy.data(), ids.data(), want.data(), n, width});
      for (const auto& rung : rungs_of(embedding_backward_variants)) {
        INFO(std::string(rung.name), " ", n, " x ", width);
        in_schedules(n == 33, [&] {
          const OnDevice<float> ddy(dy), dtable(before);
          const OnDevice<int64_t> dids(ids);
          rung.run({ddy, dids, dtable, n, width});
          return dtable.values();
        }, [&](const std::vector<float>& got) { CHECK(got == want); });  // the bits of the plain one in float
      }
    }
}

TEST_CASE("embedding_backward: a NaN and an infinity stay in their rows") {
  std::vector<float> dy = to_float(drawn(6 * 40, 2));
  dy[45] = NAN, dy[83] = INFINITY;
  const std::vector<int64_t> ids = {3, 1, 2, 1, 2, 3};
  for (const auto& rung : rungs_of(embedding_backward_variants)) {
    INFO(std::string(rung.name));
    const UseEmulator use;
    const OnDevice<float> ddy(dy), dtable(std::vector<float>(4 * 40, 0.0f));
    const OnDevice<int64_t> dids(ids);
    rung.run({ddy, dids, dtable, 6, 40});
    const std::vector<float> got = dtable.values();
    for (size_t i = 0; i < got.size(); i++) {
      if (i == 45) CHECK(std::isnan(got[i]));
      else if (i == 83) CHECK(std::isinf(got[i]));
      else CHECK(std::isfinite(got[i]));
    }
  }
}
