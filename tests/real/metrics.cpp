#include "models/metrics.h"

#include "models/silhouette.h"
#include "tests/real/golden_case.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("scores of the golden label pairs") {
  for (const GoldenCase& c : golden_cases("metrics", "pairs")) {
    const Tensor truth = c.array("truth"), predicted = c.array("pred"), offset = c.array("offset");
    const Tensor acc = c.array("ACC"), nmi = c.array("NMI"), ari = c.array("ARI"), purity = c.array("purity");
    REQUIRE(offset.numel() == acc.numel() + 1);
    for (int64_t i = 0; i < acc.numel(); i++) {
      CAPTURE(i);
      const int64_t begin = offset.data<int64_t>()[i], end = offset.data<int64_t>()[i + 1];
      const Scores s = score_clusters(predicted.rows(begin, end), truth.rows(begin, end));
      CHECK(std::abs(s.acc - acc.data<double>()[i]) <= 1e-10);
      CHECK(std::abs(s.nmi - nmi.data<double>()[i]) <= 1e-10);
      CHECK(std::abs(s.ari - ari.data<double>()[i]) <= 1e-10);
      CHECK(std::abs(s.purity - purity.data<double>()[i]) <= 1e-10);
      CHECK(s.n == end - begin);
    }
  }
}

TEST_CASE("silhouettes of the golden clusterings") {
  for (const GoldenCase& c : golden_cases("metrics", "silhouette")) {
    CAPTURE(c.name());
    const Tensor x = c.array("X"), labels = c.array("labels");
    CHECK(error_of(silhouette_samples(x, labels), c.array("samples")) <= 1e-9);
    CHECK(error_of(silhouette(x, labels), c.result("mean")) <= 1e-9);
    CHECK(error_of(silhouette_samples(x.to(DType::f32), labels), c.array("samples")) <= 1e-4);
  }
}
