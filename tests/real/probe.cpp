#include "models/probe.h"

#include "models/sparse_layer.h"
#include "tests/real/golden_case.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("logistic regression reaches the golden optimum") {
  for (const GoldenCase& c : golden_cases("probe", "logistic"))
    for (const DType dtype : {DType::f64, DType::f32}) {
      CAPTURE(c.name());
      const Tensor x = c.array("X").to(dtype), y = c.array("y");
      ProbeOptions options;
      options.c = c.param("C");
      options.bias = c.section("params").at("bias", c.name()).as_bool("bias");
      const LinearLayer layer = fit_probe(x, y, options);
      CHECK(layer.converged);
      CHECK(error_of(layer.objective, c.result("objective")) <= 1e-9);
      CHECK(error_of(layer.mean_cross_entropy, c.result("mean_cross_entropy")) <= 1e-6);
      CHECK(error_of(layer.weight, c.array("W")) <= 1e-5);
      CHECK(error_of(layer.bias, c.array("b")) <= 1e-5);
      CHECK(accuracy(layer, x, y) == c.result("accuracy"));
      Tensor p = linear_scores(layer, x);
      for (int64_t i = 0; i < p.dim(0); i++) {
        double sum = 0;
        double* row = p.data<double>() + i * p.dim(1);
        for (int64_t j = 0; j < p.dim(1); j++) sum += row[j] = std::exp(row[j]);
        for (int64_t j = 0; j < p.dim(1); j++) row[j] /= sum;
      }
      CHECK(error_of(p, c.array("prob")) <= 1e-5);
    }
}

TEST_CASE("the elastic-net layer reaches the golden optimum and its support") {
  for (const GoldenCase& c : golden_cases("probe", "elastic_net")) {
    CAPTURE(c.name());
    SparseLayerOptions options;
    options.lambda = c.param("lambda");
    options.alpha = c.param("alpha");
    const Tensor x = c.array("X"), y = c.array("y");
    const LinearLayer layer = fit_sparse_layer(x, y, options);
    MESSAGE(c.name() << ": " << layer.iterations << " rounds");
    CHECK(layer.converged);
    CHECK(error_of(layer.objective, c.result("objective")) <= 1e-8);
    CHECK(error_of(layer.weight, c.array("W")) <= 1e-4);
    CHECK(error_of(layer.bias, c.array("b")) <= 1e-4);
    CHECK(count_nonzero(layer) == static_cast<int64_t>(c.result("nonzero")));
    CHECK(accuracy(layer, x, y) == c.result("accuracy"));
    const Tensor support = c.array("support");
    for (int64_t i = 0; i < support.numel(); i++)
      CHECK((std::abs(layer.weight.data<double>()[i]) > 1e-5) == (support.data<int64_t>()[i] == 1));
  }
}
