#include "models/kmeans.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "kernels/base/interrupt.h"
#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "models/kmeans_lloyd.h"
#include "models/kmeans_seeds.h"

using namespace ceir;

namespace {

// `blobs` normal clouds, `apart` between their centres, all around `offset`.
Tensor clouds(int64_t n, int64_t d, int64_t blobs, double apart, double offset = 0, uint64_t seed = 1) {
  Random random(seed, "clouds");
  std::vector<double> centers, x;
  for (int64_t i = 0; i < blobs * d; i++) centers.push_back(apart * random.normal());
  for (int64_t i = 0; i < n; i++) {
    const auto blob = static_cast<int64_t>(random.below(static_cast<uint64_t>(blobs)));
    for (int64_t j = 0; j < d; j++) x.push_back(offset + centers[static_cast<size_t>(blob * d + j)] + random.normal());
  }
  return Tensor::from(x, {n, d});
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.bytes_begin(), b.bytes_begin(), static_cast<size_t>(a.bytes())) == 0;
}

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

struct Threads {
  explicit Threads(int n) { set_thread_count(n); }
  ~Threads() { set_thread_count(0); }
};

}  // namespace

TEST_CASE_TEMPLATE("k-means: bounds change no bit of Lloyd's iterations", T, float, double) {
  // With few and many tiles, near and far from the origin, clear and overlapping; starts that leave clusters empty.
  for (const auto& [n, d, k, apart, offset] :
       {std::tuple{700, 8, 30, 0.5, 0.0}, {900, 40, 25, 0.0, 1e3}, {300, 3, 60, 2.0, -50.0}, {64, 5, 64, 1.0, 0.0}}) {
    const CentredRows<T> data = centre_rows<T>("test", clouds(n, d, 12, apart, offset).to(dtype_of<T>));
    int64_t rounds = 0;
    for (uint64_t seed = 0; seed < 3; seed++) {
      Random random(seed, "bounds");
      std::vector<double> centers = plus_plus_centers(data, k, random);
      if (seed == 2)
        for (int64_t j = 0; j < 2 * d; j++) centers[static_cast<size_t>(j)] += 1e3;  // two that nothing is near to
      const LloydRun plain = lloyd(data, centers, 300, 0, false), bounded = lloyd(data, centers, 300, 0, true);
      CHECK(plain.labels == bounded.labels);
      CHECK(plain.centers == bounded.centers);
      CHECK(plain.inertia == bounded.inertia);
      CHECK(plain.iterations == bounded.iterations);
      rounds += plain.iterations;
    }
    CHECK(rounds > 3);
  }
}

TEST_CASE("k-means: the same bits for any number of threads") {
  const Tensor x = clouds(3000, 17, 6, 1.0).to(DType::f32);
  for (const int64_t k : {6, 30}) {
    KMeansOptions options;
    options.clusters = k;
    options.restarts = 5;
    KMeansResult one;
    {
      const Threads threads(1);
      one = kmeans(x, options);
    }
    for (const int count : {2, 3, 7}) {
      const Threads threads(count);
      const KMeansResult r = kmeans(x, options);
      CHECK(same_bytes(r.labels, one.labels));
      CHECK(same_bytes(r.centers, one.centers));
      CHECK(r.inertia == one.inertia);
    }
  }
}

TEST_CASE("k-means: far from the origin nothing cancels") {
  const Tensor near = clouds(400, 4, 3, 20.0), far = clouds(400, 4, 3, 20.0, 1e6);
  KMeansOptions options;
  options.clusters = 3;
  const KMeansResult a = kmeans(near, options), b = kmeans(far, options);
  CHECK(a.labels.values() == b.labels.values());
  CHECK(b.inertia == doctest::Approx(a.inertia).epsilon(1e-8));
}

TEST_CASE("k-means: one cluster is the mean, and as many clusters as rows leave no distance") {
  const Tensor x = clouds(50, 3, 4, 2.0);
  KMeansOptions options;
  options.clusters = 1;
  const KMeansResult one = kmeans(x, options);
  for (int64_t j = 0; j < 3; j++) {
    double mean = 0;
    for (int64_t i = 0; i < 50; i++) mean += x.data<double>()[i * 3 + j] / 50;
    CHECK(one.centers.data<double>()[j] == doctest::Approx(mean));
  }
  options.clusters = 50;
  const KMeansResult all = kmeans(x, options);
  CHECK(all.inertia == doctest::Approx(0));
  CHECK(all.filled == 50);
}

TEST_CASE("k-means: constant columns, equal rows and fewer distinct rows than clusters") {
  Tensor x = Tensor::full({30, 4}, 3.0);
  KMeansOptions options;
  options.clusters = 5;
  CHECK(kmeans(x, options).inertia == 0);
  CHECK(kmeans(x, options).filled == 1);
  for (int64_t i = 0; i < 30; i++) x.data<float>()[i * 4 + 2] = static_cast<float>(i % 3);
  const KMeansResult r = kmeans(x, options);
  CHECK(r.inertia == 0);
  CHECK(r.filled == 3);
  for (int64_t i = 3; i < 30; i++) CHECK(r.labels.data<int64_t>()[i] == r.labels.data<int64_t>()[i % 3]);
}

TEST_CASE("k-means: a start with an empty cluster takes the farthest row") {
  const Tensor x = Tensor::from(std::vector<double>{0, 1, 10}, {3, 1});
  KMeansOptions options;
  options.initial_centers = Tensor::from(std::vector<double>{0.5, -100}, {2, 1});
  const KMeansResult r = kmeans(x, options);
  CHECK(r.labels.values() == std::vector<double>{0, 0, 1});
  CHECK(r.centers.values() == std::vector<double>{0.5, 10});
  CHECK(r.inertia == doctest::Approx(0.5));
}

TEST_CASE("k-means: strided rows are as good as contiguous ones") {
  const Tensor x = clouds(60, 4, 3, 3.0), wide = Tensor::zeros({60, 9}, DType::f64);
  Tensor part = wide.view({60, 4}, {9, 1}, 2);
  part.copy_from(x);
  KMeansOptions options;
  options.clusters = 3;
  CHECK(same_bytes(kmeans(part, options).labels, kmeans(x, options).labels));
}

TEST_CASE("k-means: what cannot be clustered is refused in words") {
  KMeansOptions options;
  options.clusters = 3;
  Tensor x = clouds(10, 2, 2, 1.0);
  x.data<double>()[2 * 7 + 1] = NAN;
  CHECK(message_of([&] { kmeans(x, options); }).find("row 7 has a value that is not finite") != std::string::npos);
  x.data<double>()[2 * 7 + 1] = -INFINITY;
  CHECK(message_of([&] { kmeans(x, options); }).find("row 7") != std::string::npos);
  x.data<double>()[2 * 7 + 1] = 1e200;
  CHECK(message_of([&] { kmeans(x, options); }).find("overflow") != std::string::npos);
  CHECK(message_of([&] { kmeans(x.rows(0, 2), options); }).find("only 2 rows") != std::string::npos);
  CHECK(message_of([&] { kmeans(x.rows(0, 0), options); }).find("no values") != std::string::npos);
  CHECK_THROWS_AS(kmeans(Tensor::zeros({5}), options), Error);
  CHECK_THROWS_AS(kmeans(Tensor::zeros({5, 0}), options), Error);
  CHECK_THROWS_AS(kmeans(Tensor::zeros({5, 2}, DType::i64), options), Error);
  options.initial_centers = Tensor::zeros({2, 3}, DType::f64);
  CHECK(message_of([&] { kmeans(x.rows(0, 5), options); }).find("3 columns") != std::string::npos);
  for (const auto& change : std::vector<std::function<void(KMeansOptions&)>>{
           [](auto& o) { o.clusters = 0; }, [](auto& o) { o.restarts = 0; }, [](auto& o) { o.max_iterations = 0; },
           [](auto& o) { o.tolerance = -1; }, [](auto& o) { o.tolerance = NAN; }}) {
    KMeansOptions bad;
    bad.clusters = 2;
    change(bad);
    CHECK_THROWS_AS(kmeans(x.rows(0, 5), bad), Error);
  }
}

TEST_CASE("k-means: Ctrl-C ends it") {
  request_interrupt();
  CHECK_THROWS_AS(kmeans(clouds(100, 3, 2, 1.0), {}), Error);
  clear_interrupt();
}

TEST_CASE("assignment to centres: distance and margin by hand, each row for itself") {
  const Tensor centers = Tensor::from(std::vector<double>{0, 0, 10, 0, 0, 4}, {3, 2});
  const Tensor x = Tensor::from(std::vector<double>{1, 0, 9, 0, 0, 2, 0, 3}, {4, 2});
  const Assignment a = assign_to_centers(x, centers);
  CHECK(a.labels.values() == std::vector<double>{0, 1, 0, 2});  // row 2 lies halfway: the lower number
  CHECK(a.distances.data<double>()[0] == doctest::Approx(1));
  CHECK(a.margins.data<double>()[0] == doctest::Approx(std::sqrt(17.0) - 1));
  CHECK(a.margins.data<double>()[1] == doctest::Approx(8));
  CHECK(a.margins.data<double>()[2] == doctest::Approx(0));
  const Assignment one = assign_to_centers(x, centers.rows(1, 2));
  CHECK(one.distances.data<double>()[3] == doctest::Approx(std::sqrt(109.0)));
  CHECK(std::isinf(one.margins.data<double>()[3]));

  const Tensor many = clouds(200, 6, 4, 2.0).to(DType::f32), these = clouds(5, 6, 4, 2.0).to(DType::f32);
  const Assignment together = assign_to_centers(many, these);
  for (int64_t i = 0; i < 200; i += 37) {
    const Assignment alone = assign_to_centers(many.rows(i, i + 1), these);
    CHECK(same_bytes(alone.labels, together.labels.rows(i, i + 1)));
    CHECK(same_bytes(alone.distances, together.distances.rows(i, i + 1)));
    CHECK(same_bytes(alone.margins, together.margins.rows(i, i + 1)));
  }
  CHECK_THROWS_AS(assign_to_centers(many, these.to(DType::f64)), Error);
  CHECK_THROWS_AS(assign_to_centers(many, Tensor::zeros({3, 5})), Error);
  CHECK_THROWS_AS(assign_to_centers(many, Tensor::zeros({0, 6})), Error);
}

TEST_CASE("assignment to the centres found repeats the labels of k-means") {
  const Tensor x = clouds(500, 5, 4, 6.0, 1e4).to(DType::f32);
  KMeansOptions options;
  options.clusters = 4;
  const KMeansResult r = kmeans(x, options);
  CHECK(same_bytes(assign_to_centers(x, r.centers).labels, r.labels));
}
