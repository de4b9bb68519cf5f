#include "data/png_unfilter.h"

#include <doctest/doctest.h>

#include <vector>

#include "kernels/base/random.h"
#include "tests/scratch.h"

using namespace ceir;

TEST_CASE("PNG rows: pixels at once give the bytes of the plain form, for every filter and pixel size") {
  Random random(1, "unfilter");
  for (const size_t bpp : {1, 2, 3, 4, 6, 8})
    for (int filter = 0; filter <= 4; filter++)
      for (const size_t pixels : {1, 2, 5, 16, 33, 200}) {
        CAPTURE(bpp);
        CAPTURE(filter);
        std::vector<uint8_t> row(pixels * bpp), above(row.size());
        for (uint8_t& b : row) b = static_cast<uint8_t>(random.below(256));
        for (uint8_t& b : above) b = static_cast<uint8_t>(random.chance(0.3) ? 255 * random.below(2) : random.below(256));
        std::vector<uint8_t> plain = row;
        formats::unfilter(filter, row.data(), above.data(), row.size(), bpp);
        formats::unfilter_plain(filter, plain.data(), above.data(), plain.size(), bpp);
        CHECK(row == plain);
      }
  uint8_t one[8] = {};
  test::check_error(ErrorKind::bad_input, "row filter 5", [&] { formats::unfilter(5, one, one, 8, 8); });
}
