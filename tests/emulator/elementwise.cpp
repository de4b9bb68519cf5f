// The elementwise ladder: every function, every way in which an operand is repeated or strided.
#include "kernels/elementwise/elementwise.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Case {
  std::vector<int64_t> shape, a_stride, b_stride;
  int64_t a_size, b_size;

  template <class T>
  Elementwise<T> on(Binary f, const T* a, const T* b, T* y) const {
    Elementwise<T> e{f, a, b, y, static_cast<int>(shape.size()), {}, {}, {}};
    for (size_t d = 0; d < shape.size(); d++) e.shape[d] = shape[d], e.a_stride[d] = a_stride[d], e.b_stride[d] = b_stride[d];
    return e;
  }
  size_t size() const {
    size_t n = 1;
    for (const int64_t s : shape) n *= static_cast<size_t>(s);
    return n;
  }
};

constexpr Binary functions[] = {Binary::add, Binary::sub, Binary::mul, Binary::div};

void check_case(const Case& c, const Doubles& a, const Doubles& b, bool all, size_t shift = 0) {
  for (const Binary f : functions) {
    Doubles want(c.size());
    elementwise_f64_variants.variants().back().run(c.on<double>(f, a.data(), b.data(), want.data()));
    for (double& w : want) w = static_cast<double>(static_cast<float>(w));  // one operation, rounded once
    for (const auto& rung : rungs_of(elementwise_variants)) {
      INFO(std::string(rung.name), ", function ", static_cast<int>(f), ", innermost ", c.shape.back(), ", elements ", c.size());
      in_schedules(all, [&] {
        std::vector<float> shifted(shift, 0.0f), from = to_float(a);
        shifted.insert(shifted.end(), from.begin(), from.end());
        const OnDevice<float> pa(shifted), pb(to_float(b)), py(c.size() + shift);
        rung.run(c.on<float>(f, pa.get() + shift, pb, py.get() + shift));
        std::vector<float> y(c.size());
        REQUIRE(emulator_runtime()->copy_out(y.data(), py.get() + shift, y.size() * sizeof(float), nullptr) == 0);
        return y;
      }, [&](const std::vector<float>& got) { check_close(got, want, 0, 0); });
    }
  }
}
void check_case(const Case& c, bool all, size_t shift = 0) {
  check_case(c, drawn(c.a_size, 1), drawn(c.b_size, 2, 0.5, 2), all, shift);
}

}  // namespace

TEST_CASE("elementwise: every rung gives the reference's bits, for one loop and its tails") {
  for (const int64_t n : {1, 3, 31, 32, 33, 1000}) {
    check_case({{n}, {1}, {1}, n, n}, n == 33);
    check_case({{n}, {1}, {0}, n, 1}, false);                      // with a constant
    check_case({{n}, {3}, {1}, 3 * n, n}, false);                  // one operand strided
    check_case({{n}, {1}, {1}, n, n}, false, 1);                   // at an address that is no multiple of 16
  }
}

TEST_CASE("elementwise: operands repeated along any loop") {
  for (const int64_t width : {1, 5, 31, 32, 33, 64}) {
    check_case({{7, width}, {width, 1}, {0, 1}, 7 * width, width}, width == 33);                    // + bias
    check_case({{7, width}, {width, 1}, {1, 0}, 7 * width, 7}, false);                              // x a scalar of the row
    check_case({{7, width}, {0, 1}, {width, 1}, width, 7 * width}, false);
    check_case({{2, 3, width}, {3 * width, width, 1}, {width, 0, 1}, 6 * width, 2 * width}, false);  // positions of an image
    check_case({{2, width, 3}, {3 * width, 1, width}, {0, 3, 1}, 6 * width, 3 * width}, false);      // permuted
  }
  check_case({{2, 3, 2, 3, 2, 3, 2, 5}, {1080, 360, 180, 60, 30, 10, 5, 1}, {0, 5, 0, 0, 0, 0, 0, 1}, 2160, 15}, true);  // eight loops
}

TEST_CASE("elementwise: NaN, infinities and division by 0 as on the CPU, y in place of an operand") {
  const Doubles a = {INFINITY, -INFINITY, NAN, 0, 1, -1, 0x1p127, 0x1p-126, 0}, b = {INFINITY, 1, 1, 0, 0, 0, 0x1p127, 0x1p-126, NAN};
  const auto n = static_cast<int64_t>(a.size());
  const Case c{{n}, {1}, {1}, n, n};
  check_case(c, a, b, true);
  for (const auto& rung : rungs_of(elementwise_variants)) {
    const UseEmulator use;
    const OnDevice<float> x(to_float(drawn(70, 3))), bias(to_float(drawn(7, 4))), y(70);
    const Case rows{{10, 7}, {7, 1}, {0, 1}, 70, 7};
    rung.run(rows.on<float>(Binary::add, x, bias, y));
    rung.run(rows.on<float>(Binary::add, x, bias, x));
    CHECK(x.values() == y.values());
  }
}
