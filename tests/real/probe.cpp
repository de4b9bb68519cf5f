#include <cmath>

#include "models/probe.h"

#include <doctest/doctest.h>

#include "models/sparse_layer.h"
#include "tests/golden.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("logistic regression reaches the golden optimum") {
  for (const GoldenCase& c : cases_named("probe", "logistic"))
    for (const DType dtype : {DType::f64, DType::f32}) {
      CAPTURE(c.name());
      const Tensor x = c.array("X.npy").to(dtype), y = c.array("y.npy");
      ProbeOptions options;
      options.c = c.number("C");
      options.bias = c.json.at("params", c.name()).at("bias", c.name()).as_bool("bias");
      const LinearLayer layer = fit_probe(x, y, options);
      CHECK(layer.converged);
      CHECK(golden_error(layer.objective, number_of(c, "objective")) <= 1e-9);
      CHECK(golden_error(layer.mean_cross_entropy, number_of(c, "mean_cross_entropy")) <= 1e-6);
      CHECK(golden_error(layer.weight, c.array("W.npy")) <= 1e-5);
      CHECK(golden_error(layer.bias, c.array("b.npy")) <= 1e-5);
      CHECK(accuracy(layer, x, y) == number_of(c, "accuracy"));
      Tensor p = linear_scores(layer, x);
      for (int64_t i = 0; i < p.dim(0); i++) {
        double sum = 0;
        double* row = p.data<double>() + i * p.dim(1);
        for (int64_t j = 0; j < p.dim(1); j++) sum += row[j] = std::exp(row[j]);
        for (int64_t j = 0; j < p.dim(1); j++) row[j] /= sum;
      }
      CHECK(golden_error(p, c.array("prob.npy")) <= 1e-5);
    }
}

TEST_CASE("the elastic-net layer reaches the golden optimum and its support") {
  for (const GoldenCase& c : cases_named("probe", "elastic_net")) {
    CAPTURE(c.name());
    SparseLayerOptions options;
    options.lambda = c.number("lambda");
    options.alpha = c.number("alpha");
    const Tensor x = c.array("X.npy"), y = c.array("y.npy");
    const LinearLayer layer = fit_sparse_layer(x, y, options);
    MESSAGE(c.name() << ": " << layer.iterations << " rounds");
    CHECK(layer.converged);
    CHECK(golden_error(layer.objective, number_of(c, "objective")) <= 1e-8);
    CHECK(golden_error(layer.weight, c.array("W.npy")) <= 1e-4);
    CHECK(golden_error(layer.bias, c.array("b.npy")) <= 1e-4);
    CHECK(count_nonzero(layer) == static_cast<int64_t>(number_of(c, "nonzero")));
    CHECK(accuracy(layer, x, y) == number_of(c, "accuracy"));
    const Tensor support = c.array("support.npy");
    for (int64_t i = 0; i < support.numel(); i++)
      CHECK((std::abs(layer.weight.data<double>()[i]) > 1e-5) == (support.data<int64_t>()[i] == 1));
  }
}
