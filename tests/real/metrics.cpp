#include <cmath>

#include "models/metrics.h"

#include <doctest/doctest.h>

#include "models/silhouette.h"
#include "tests/golden.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("scores of the golden label pairs") {
  for (const GoldenCase& c : cases_named("metrics", "pairs")) {
    const Tensor truth = c.array("truth.npy"), predicted = c.array("pred.npy"), offset = c.array("offset.npy");
    const Tensor acc = c.array("ACC.npy"), nmi = c.array("NMI.npy"), ari = c.array("ARI.npy"), purity = c.array("purity.npy");
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
  for (const GoldenCase& c : cases_named("metrics", "silhouette")) {
    CAPTURE(c.name());
    const Tensor x = c.array("X.npy"), labels = c.array("labels.npy");
    CHECK(golden_error(silhouette_samples(x, labels), c.array("samples.npy")) <= 1e-9);
    CHECK(golden_error(silhouette(x, labels), number_of(c, "mean")) <= 1e-9);
    CHECK(golden_error(silhouette_samples(x.to(DType::f32), labels), c.array("samples.npy")) <= 1e-4);
  }
}
