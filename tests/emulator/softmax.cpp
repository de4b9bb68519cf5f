// The softmax ladder.
#include "kernels/softmax/softmax.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

enum Option { plain, logarithm, causal };

struct Case {
  Problem p;
  Softmax<float> on(const float* x, float* y) const {
    return {x, y, p.rows, p.width, p.option == logarithm, p.option == causal ? std::min<int64_t>(p.width, 7) : 0};
  }
  Doubles reference(const Doubles& x) const {
    Doubles y(x.size());
    softmax_f64_variants.variants().back().run({x.data(), y.data(), p.rows, p.width, p.option == logarithm, p.option == causal ? std::min<int64_t>(p.width, 7) : 0});
    return y;
  }
};

template <class Each>
void each_problem(const Each& each) {
  for (const int64_t width : {1, 31, 32, 33, 197, 1000})
    for (const int64_t rows : {1, 3, 130})
      for (const Kind kind : all_kinds)
        for (const int option : {plain, logarithm, causal}) {
          if (rows == 130 && (width > 33 || kind != Kind::plain)) continue;
          each(Problem{rows, width, kind, option});
        }
}

}  // namespace

TEST_CASE("softmax: every rung gives the reference's values, in every schedule") {
  each_problem([](const Problem& p) {
    const Case c{p};
    const Doubles x = matrix(p, 1), want = c.reference(x);
    // x - max and its logarithm are rounded in proportion to x.
    const double norm = p.option == logarithm ? largest(want, 1) : 1;
    for (const auto& rung : rungs_of(softmax_variants)) {
      INFO(std::string(rung.name), " ", p.rows, " x ", p.width, ", ", std::string(name_of(p.kind)), ", option ", p.option);
      in_schedules(p.kind == Kind::plain && p.rows == 3, [&] {
        const OnDevice<float> dx(to_float(x)), dy(x.size());
        if (rung.lacks(c.on(dx, dy))) return std::vector<float>();  // its condition refuses this shape
        rung.run(c.on(dx, dy));
        return dy.values();
      }, [&](const std::vector<float>& got) {
        if (!got.empty()) check_close(got, want, norm, 8);
      });
    }
  });
}

TEST_CASE("softmax: rungs may overwrite their input, and keep NaN and infinities where the reference has them") {
  const double inf = INFINITY;
  const Doubles x = {inf, 1, 2, 3, 4, -inf, 1, 2, 3, 4, -inf, -inf, -inf, -inf, -inf, NAN, 1, 2, 3, 4, 1, 2, -inf, NAN, inf};
  for (const int option : {plain, logarithm}) {
    const Case c{{5, 5, Kind::plain, option}};
    const Doubles want = c.reference(x);
    for (const auto& rung : rungs_of(softmax_variants)) {
      INFO(std::string(rung.name), ", option ", option);
      in_schedules(false, [&] {
        const OnDevice<float> xy(to_float(x));
        if (rung.lacks(c.on(xy, xy))) return std::vector<float>();
        rung.run(c.on(xy, xy));
        return xy.values();
      }, [&](const std::vector<float>& got) {
        if (!got.empty()) check_close(got, want, 4, 8);
      });
    }
  }
}

TEST_CASE("softmax_backward: every rung gives the reference's values, in every schedule") {
  each_problem([](const Problem& p) {
    if (p.kind != Kind::plain) return;
    const Case c{p};
    const Doubles y = c.reference(matrix(p, 1)), dy = matrix(p, 2);
    Doubles want(y.size());
    const Doubles y32 = [&] { Doubles v; for (const double e : y) v.push_back(static_cast<double>(static_cast<float>(e))); return v; }();
    softmax_backward_f64_variants.variants().back().run({y32.data(), dy.data(), want.data(), p.rows, p.width, p.option == logarithm});
    for (const auto& rung : rungs_of(softmax_backward_variants)) {
      INFO(std::string(rung.name), " ", p.rows, " x ", p.width, ", ", std::string(name_of(p.kind)), ", option ", p.option);
      in_schedules(p.rows == 3, [&] {
        const OnDevice<float> dev_y(to_float(y)), dev_dy(to_float(dy));  // dx in place of dy
        rung.run({dev_y, dev_dy, dev_dy, p.rows, p.width, p.option == logarithm});
        return dev_dy.values();
      }, [&](const std::vector<float>& got) { check_close(got, want, largest(want, 2), 4 + std::sqrt(static_cast<double>(p.width))); });
    }
  });
}
