#include <doctest/doctest.h>

#include <cmath>

#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "models/pca.h"
#include "models/probe.h"
#include "models/softmax_regression.h"
#include "models/sparse_layer.h"

using namespace ceir;

namespace {

Tensor noise(int64_t n, int64_t d, uint64_t seed) {
  Random random(seed, "linear test");
  std::vector<double> x;
  for (int64_t i = 0; i < n * d; i++) x.push_back(random.normal());
  return Tensor::from(x, {n, d});
}

// Labels from a noisy linear rule on the first columns.
Tensor classes_of(const Tensor& x, int64_t k, uint64_t seed) {
  Random random(seed, "labels");
  std::vector<int64_t> y;
  for (int64_t i = 0; i < x.dim(0); i++) {
    int64_t best = 0;
    double most = -1e300;
    for (int64_t c = 0; c < k; c++) {
      const double s = x.data<double>()[i * x.dim(1) + c % x.dim(1)] + 0.7 * random.normal();
      if (s > most) most = s, best = c;
    }
    y.push_back(10 * best - 5);  // labels with gaps
  }
  return Tensor::from(y, {x.dim(0)});
}

}  // namespace

TEST_CASE("eigenvalues: vectors are orthonormal and give the matrix back") {
  for (const int64_t n : {1, 2, 3, 17, 60}) {
    CAPTURE(n);
    Tensor a = noise(n, n, static_cast<uint64_t>(n));
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < i; j++) a.data<double>()[i * n + j] = a.data<double>()[j * n + i];
    const SymmetricEigen e = symmetric_eigen(a);
    const double *v = e.vectors.data<double>(), *w = e.values.data<double>();
    for (int64_t i = 0; i < n; i++) {
      if (i > 0) CHECK(w[i - 1] <= w[i]);
      for (int64_t j = 0; j < n; j++) {
        double dot = 0, back = 0;
        for (int64_t l = 0; l < n; l++) dot += v[i * n + l] * v[j * n + l], back += v[l * n + i] * w[l] * v[l * n + j];
        CHECK(std::abs(dot - (i == j ? 1 : 0)) <= 1e-12);
        CHECK(std::abs(back - a.data<double>()[i * n + j]) <= 1e-12 * static_cast<double>(n));
      }
    }
  }
  Tensor diagonal = Tensor::zeros({4, 4}, DType::f64);
  for (int64_t i = 0; i < 4; i++) diagonal.data<double>()[i * 5] = i == 2 ? 1e200 : -static_cast<double>(i);
  CHECK(symmetric_eigen(diagonal).values.data<double>()[3] == doctest::Approx(1e200));
  CHECK(symmetric_eigen(Tensor::zeros({3, 3}, DType::f64)).values.values() == std::vector<double>{0, 0, 0});
  CHECK_THROWS_AS(symmetric_eigen(Tensor::zeros({2, 3}, DType::f64)), Error);
}

TEST_CASE("PCA: finds the direction that varies, far from the origin and with fewer rows than columns") {
  Tensor x = noise(300, 5, 1);
  for (int64_t i = 0; i < 300; i++) x.data<double>()[i * 5 + 3] = 1e6 + 50 * x.data<double>()[i * 5 + 3];
  const Pca tall = fit_pca(x, 2);
  CHECK(std::abs(tall.components.data<double>()[3]) > 0.999);
  CHECK(tall.variance.data<double>()[0] == doctest::Approx(2500).epsilon(0.2));
  const Tensor scores = pca_scores(tall, x);
  double mean = 0;
  for (int64_t i = 0; i < 300; i++) mean += scores.data<double>()[2 * i] / 300;
  CHECK(std::abs(mean) < 1e-6);

  const Tensor wide = noise(6, 40, 2);
  const Pca all = fit_pca(wide, 6);  // the sixth has no variance, but is a direction all the same
  CHECK(all.variance.data<double>()[5] == doctest::Approx(0));
  for (int64_t i = 0; i < 6; i++)
    for (int64_t j = 0; j <= i; j++) {
      double dot = 0;
      for (int64_t l = 0; l < 40; l++) dot += all.components.data<double>()[i * 40 + l] * all.components.data<double>()[j * 40 + l];
      CHECK(std::abs(dot - (i == j ? 1 : 0)) <= 1e-12);
    }
  double ratio = 0;
  for (const double r : all.variance_ratio.values()) ratio += r;
  CHECK(ratio == doctest::Approx(1));
  CHECK(fit_pca(Tensor::full({5, 3}, 2.0), 3).variance.values() == std::vector<double>{0, 0, 0});
  CHECK_THROWS_AS(fit_pca(wide, 7), Error);
  CHECK_THROWS_AS(fit_pca(wide, 0), Error);
  CHECK_THROWS_AS(fit_pca(wide.rows(0, 1), 1), Error);
  CHECK_THROWS_AS(pca_scores(all, x), Error);
}

TEST_CASE("softmax regression: gradient and curvature agree with differences") {
  const Tensor x = noise(40, 3, 4), y = classes_of(x, 3, 4);
  SoftmaxRegression data("test", x, y, true);
  std::vector<double> w, v, gradient, above, below, product;
  Random random(9, "weights");
  for (int64_t i = 0; i < data.classes() * data.width(); i++) w.push_back(random.normal()), v.push_back(random.normal());
  data.loss(w, gradient);
  data.curvature(v, product);
  const double h = 1e-5;
  for (size_t i = 0; i < w.size(); i++) {
    std::vector<double> up = w, down = w;
    up[i] += h, down[i] -= h;
    CHECK(gradient[i] == doctest::Approx((data.loss(up) - data.loss(down)) / (2 * h)).epsilon(1e-6));
  }
  std::vector<double> up = w, down = w;
  for (size_t i = 0; i < w.size(); i++) up[i] += h * v[i], down[i] -= h * v[i];
  data.loss(up, above), data.loss(down, below);
  for (size_t i = 0; i < w.size(); i++) CHECK(product[i] == doctest::Approx((above[i] - below[i]) / (2 * h)).epsilon(1e-6));
}

TEST_CASE("linear probe: the gradient vanishes, labels keep their gaps, threads change nothing") {
  const Tensor x = noise(5000, 6, 5), y = classes_of(x, 4, 5);
  const LinearLayer layer = fit_probe(x, y);
  CHECK(layer.converged);
  CHECK(layer.classes.values() == std::vector<double>{-5, 5, 15, 25});
  CHECK(accuracy(layer, x, y) > 0.5);
  double bias = 0;
  for (const double b : layer.bias.values()) bias += b;
  CHECK(std::abs(bias) < 1e-12);
  set_thread_count(1);
  const LinearLayer one = fit_probe(x, y);
  set_thread_count(0);
  CHECK(one.weight.values() == layer.weight.values());
  CHECK(one.iterations == layer.iterations);
}

TEST_CASE("linear probe: separable classes, large values, constant columns") {
  Tensor x = Tensor::zeros({20, 3});
  std::vector<int64_t> y;
  for (int64_t i = 0; i < 20; i++) x.data<float>()[i * 3] = static_cast<float>(1000 * (i % 2) - 500), y.push_back(i % 2);
  ProbeOptions options;
  options.c = 1e3;
  const Tensor labels = Tensor::from(y, {20});
  const LinearLayer layer = fit_probe(x, labels, options);
  CHECK(accuracy(layer, x, labels) == 1);
  CHECK(std::isfinite(layer.objective));
}

TEST_CASE("linear probe and sparse layer: bad input is refused") {
  Tensor x = noise(10, 3, 6);
  const Tensor y = classes_of(x, 3, 6);
  CHECK_THROWS_AS(fit_probe(x, y.rows(0, 9)), Error);
  CHECK_THROWS_AS(fit_probe(x, Tensor::zeros({10}, DType::i64)), Error);
  CHECK_THROWS_AS(fit_probe(x, Tensor::zeros({10})), Error);
  CHECK_THROWS_AS(fit_probe(x.rows(0, 0), y.rows(0, 0)), Error);
  CHECK_THROWS_AS(fit_probe(x, y, {.c = 0}), Error);
  CHECK_THROWS_AS(fit_sparse_layer(x, y, {.lambda = -1}), Error);
  CHECK_THROWS_AS(fit_sparse_layer(x, y, {.alpha = 2}), Error);
  const LinearLayer layer = fit_probe(x, y);
  CHECK_THROWS_AS(predict(layer, noise(4, 2, 1)), Error);
  x.data<double>()[4] = INFINITY;
  CHECK_THROWS_AS(fit_probe(x, y), Error);
}

TEST_CASE("sparse layer: a large penalty leaves nothing, a small one keeps what matters") {
  const Tensor x = noise(400, 8, 7), y = classes_of(x, 3, 7);
  const LinearLayer none = fit_sparse_layer(x, y, {.lambda = 10});
  CHECK(count_nonzero(none) == 0);
  CHECK(none.converged);
  const LinearLayer some = fit_sparse_layer(x, y, {.lambda = 0.03});
  CHECK(some.converged);
  CHECK(count_nonzero(some) > 0);
  CHECK(count_nonzero(some) < 3 * 8);
  // alpha 0 is ridge: the probe's problem with C = 1 / (n lambda)
  const LinearLayer ridge = fit_sparse_layer(x, y, {.lambda = 0.1, .alpha = 0});
  const LinearLayer probe = fit_probe(x, y, {.c = 1 / (400 * 0.1)});
  for (int64_t i = 0; i < ridge.weight.numel(); i++)
    CHECK(ridge.weight.data<double>()[i] == doctest::Approx(probe.weight.data<double>()[i]).epsilon(1e-4));
}
