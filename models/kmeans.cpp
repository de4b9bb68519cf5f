#include "models/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "kernels/kmeans/pack.h"
#include "models/kmeans_lloyd.h"
#include "models/kmeans_seeds.h"

namespace ceir {
namespace {

template <class T>
std::vector<double> centred_centers(const Tensor& centers, const std::vector<double>& shift) {
  std::vector<double> values = centers.values();
  for (size_t i = 0; i < values.size(); i++) values[i] -= shift[i % shift.size()];
  return values;
}

template <class T>
KMeansResult finish(const CentredRows<T>& data, const LloydRun& run, int64_t k) {
  KMeansResult result;
  result.labels = Tensor::empty({data.n}, DType::i64);
  result.centers = Tensor::empty({k, data.d}, dtype_of<T>);
  std::copy(run.labels.begin(), run.labels.end(), result.labels.data<int64_t>());
  for (int64_t i = 0; i < k * data.d; i++)
    result.centers.data<T>()[i] =
        static_cast<T>(run.centers[static_cast<size_t>(i)] + data.shift[static_cast<size_t>(i % data.d)]);
  result.inertia = run.inertia;
  result.iterations = run.iterations;
  std::vector<bool> seen(static_cast<size_t>(k), false);
  for (const int32_t label : run.labels) seen[static_cast<size_t>(label)] = true;
  result.filled = std::count(seen.begin(), seen.end(), true);
  return result;
}

// Numbers the clusters by their first rows, those without rows last: which start won, and in which order it drew its centres,
// then shows in no number, and a partition found on another device or with another seed has the same ones.
void number_by_first_row(LloydRun& run, int64_t k, int64_t d) {
  std::vector<int32_t> number(static_cast<size_t>(k), -1);
  int32_t next = 0;
  for (const int32_t label : run.labels)
    if (number[static_cast<size_t>(label)] < 0) number[static_cast<size_t>(label)] = next++;
  for (int32_t& n : number)
    if (n < 0) n = next++;
  for (int32_t& label : run.labels) label = number[static_cast<size_t>(label)];
  std::vector<double> centers(run.centers.size());
  for (int64_t c = 0; c < k; c++) std::copy_n(run.centers.begin() + c * d, d, centers.begin() + number[static_cast<size_t>(c)] * d);
  run.centers.swap(centers);
}

template <class T>
KMeansResult kmeans_of(const Tensor& x, const KMeansOptions& options, Monitor* monitor) {
  const bool given = options.initial_centers.defined();
  const int64_t k = given ? options.initial_centers.dim(0) : options.clusters;
  if (x.rank() == 2 && x.dim(0) < k && x.dim(0) > 0)
    bad_input("k-means: {} clusters were asked for, but there are only {} rows", k, x.dim(0));
  CentredRows<T> data = centre_rows<T>("k-means", x);
  const bool on_device = stage_device_for(dtype_of<T>) == Device::cuda;
  if (on_device) move_rows(data);
  const double tolerance = options.tolerance * data.variance;
  if (given) {
    if (options.initial_centers.dim(1) != data.d)
      bad_input("k-means: the initial centres have {} columns, the data {}", options.initial_centers.dim(1), data.d);
    require_finite_rows("k-means: initial centres", options.initial_centers.contiguous());
    return finish(
        data, lloyd(data, centred_centers<T>(options.initial_centers, data.shift), options.max_iterations, tolerance),
        k);
  }
  LloydRun best;
  int64_t best_start = -1, done = 0;
  std::mutex mutex;
  const auto start = [&](int64_t r) {
    Random random(options.seed, "kmeans", static_cast<uint64_t>(r));
    LloydRun run = lloyd(data, plus_plus_centers(data, k, random), options.max_iterations, tolerance);
    std::lock_guard lock(mutex);
    if (best_start < 0 || run.inertia < best.inertia || (run.inertia == best.inertia && r < best_start))
      best = std::move(run), best_start = r;
    report(monitor, "k-means", ++done, options.restarts, "starts");
  };
  // One start per thread needs no barriers; with more threads than that, each start is spread over all of them. Both
  // give the same bits.
  if (options.restarts >= 2 * thread_count() && !on_device) {
    parallel_for(options.restarts, 1, [&](int64_t begin, int64_t) { start(begin); });
  } else {
    for (int64_t r = 0; r < options.restarts; r++) start(r);
  }
  number_by_first_row(best, k, data.d);
  return finish(data, best, k);
}

template <class T>
Assignment assign_of(const Tensor& x, const Tensor& centers) {
  const int64_t n = x.dim(0), d = x.dim(1), k = centers.dim(0);
  // Centred by the centres alone, so that a row's label does not depend on its neighbours.
  std::vector<double> given = centers.values(), shift(static_cast<size_t>(d), 0.0);
  for (size_t i = 0; i < given.size(); i++) shift[i % shift.size()] += given[i] / static_cast<double>(k);
  const CentredRows<T> data = centre_rows<T>("assign", x, shift);
  const std::vector<double> centred = centred_centers<T>(centers, data.shift);
  const int64_t tile = kmeans_tile_of(k);
  const size_t padded = static_cast<size_t>(data.blocks * kmeans_block<T>);
  std::vector<T> packed(centred.size()), norms(static_cast<size_t>(k)), score(padded), next_score(padded);
  std::vector<int32_t> label(padded), next(padded);
  kmeans_pack_centers(centred.data(), k, d, tile, packed.data(), norms.data());
  kmeans_assign(KMeansAssign<T>{data.packed.template data<T>(), packed.data(), norms.data(), data.blocks, d, k, tile,
                                label.data(), score.data(), next.data(), next_score.data()});
  Assignment result{Tensor::empty({n}, DType::i64), Tensor::empty({n}, dtype_of<T>), Tensor::empty({n}, dtype_of<T>)};
  parallel_for(n, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      int32_t own = label[static_cast<size_t>(i)], other = next[static_cast<size_t>(i)];
      double a = std::sqrt(squared_distance(data, i, centred.data() + own * d));
      double b = std::numeric_limits<double>::infinity();
      if (k > 1) b = std::sqrt(squared_distance(data, i, centred.data() + other * d));
      if (b < a || (b == a && other < own)) std::swap(a, b), std::swap(own, other);  // rounding in the kernel
      result.labels.data<int64_t>()[i] = own;
      result.distances.data<T>()[i] = static_cast<T>(a);
      result.margins.data<T>()[i] = static_cast<T>(b - a);
    }
  });
  return result;
}

}  // namespace

KMeansResult kmeans(const Tensor& x, const KMeansOptions& options, Monitor* monitor) {
  if (options.initial_centers.defined()) {
    require_rank("k-means: initial centres", options.initial_centers, 2);
    if (options.initial_centers.dim(0) < 1) bad_input("k-means: there are no initial centres");
  } else {
    if (options.clusters < 1)
      usage_error("k-means: {} clusters were asked for, at least 1 is needed", options.clusters);
    if (options.restarts < 1)
      usage_error("k-means: {} restarts were asked for, at least 1 is needed", options.restarts);
  }
  if (options.max_iterations < 1)
    usage_error("k-means: at least 1 iteration is needed, not {}", options.max_iterations);
  if (!(options.tolerance >= 0) || !std::isfinite(options.tolerance))
    usage_error("k-means: the tolerance must be 0 or more, not {}", options.tolerance);
  require_rank("k-means", x, 2);
  return dispatch("k-means", x.dtype(), [&]<class T>() { return kmeans_of<T>(x, options, monitor); });
}

Assignment assign_to_centers(const Tensor& x, const Tensor& centers) {
  require_rank("assign: rows", x, 2);
  require_rank("assign: centres", centers, 2);
  require_same_dtype("assign", x, centers);
  if (centers.dim(0) < 1) bad_input("assign: there are no centres");
  if (centers.dim(1) != x.dim(1))
    bad_input("assign: the rows have {} columns, the centres {}; they are not of one model", x.dim(1), centers.dim(1));
  require_finite_rows("assign: centres", centers.contiguous());
  return dispatch("assign", x.dtype(), [&]<class T>() { return assign_of<T>(x, centers); });
}

}  // namespace ceir
