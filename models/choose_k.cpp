#include "models/choose_k.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/base/random.h"
#include "models/kmeans.h"
#include "models/kmeans_rows.h"
#include "models/kmeans_seeds.h"
#include "models/metrics.h"
#include "models/silhouette.h"

namespace ceir {
namespace {

Tensor take_rows(const Tensor& x, std::span<const int64_t> rows) {
  const int64_t bytes = x.dim(1) * size_of(x.dtype());
  Tensor taken = Tensor::empty({static_cast<int64_t>(rows.size()), x.dim(1)}, x.dtype());
  for (size_t i = 0; i < rows.size(); i++) {
    if (rows[i] < 0 || rows[i] >= x.dim(0))
      bad_input("choosing k: row {} does not exist, there are {}", rows[i], x.dim(0));
    std::memcpy(taken.bytes_begin() + static_cast<int64_t>(i) * bytes, x.bytes_begin() + rows[i] * bytes,
                static_cast<size_t>(bytes));
  }
  return taken;
}

Tensor take_labels(const Tensor& labels, std::span<const int64_t> rows) {
  Tensor taken = Tensor::empty({static_cast<int64_t>(rows.size())}, DType::i64);
  for (size_t i = 0; i < rows.size(); i++) taken.data<int64_t>()[i] = labels.data<int64_t>()[rows[i]];
  return taken;
}

// What the runs of one k add up to.
class Runs {
 public:
  Runs(const Tensor& x, const Tensor& silhouette_rows) : x_(x), rows_(silhouette_rows) {}

  void add(const Tensor& centers) {
    const Assignment all = assign_to_centers(x_, centers);
    double inertia = 0;
    for (const double distance : all.distances.values()) inertia += distance * distance;
    if (labels_.empty() || inertia < inertia_) best_ = labels_.size(), inertia_ = inertia;
    labels_.push_back(all.labels);
  }

  TriedClusters figures(int64_t k) const {
    double stability = 0;
    int64_t pairs = 0;
    for (size_t a = 0; a < labels_.size(); a++)
      for (size_t b = a + 1; b < labels_.size(); b++, pairs++) stability += adjusted_rand_index(labels_[a], labels_[b]);
    const Tensor& best = labels_[best_];
    const double s = rows_.defined()
                         ? silhouette(take_rows(x_, rows_.span<int64_t>()), take_labels(best, rows_.span<int64_t>()))
                         : silhouette(x_, best);
    return {k, s, inertia_, pairs > 0 ? stability / static_cast<double>(pairs) : 1.0};
  }

  const std::vector<Tensor>& labels() const { return labels_; }

 private:
  Tensor x_, rows_;
  std::vector<Tensor> labels_;
  size_t best_ = 0;
  double inertia_ = 0;
};

bool all_rows_equal(const Tensor& x) {
  const auto bytes = static_cast<size_t>(x.dim(1) * size_of(x.dtype()));
  for (int64_t i = 1; i < x.dim(0); i++)
    if (std::memcmp(x.bytes_begin(), x.rows(i, i + 1).bytes_begin(), bytes) != 0) return false;
  return true;
}

Tensor sorted_sample(int64_t n, int64_t count, Random random) {
  std::vector<int64_t> rows = random.permutation(n);
  rows.resize(static_cast<size_t>(count));
  std::sort(rows.begin(), rows.end());
  return Tensor::from(rows, {count});
}

}  // namespace

ClusterTrial try_clusters(const Tensor& x, const Tensor& subsample, const Tensor& starts,
                          const Tensor& silhouette_rows) {
  require_rank("choosing k: rows", x, 2);
  require_rank("choosing k: subsample", subsample, 2);
  require_rank("choosing k: starts", starts, 2);
  const Tensor rows = x.contiguous(), samples = subsample.contiguous(), first = starts.contiguous();
  const int64_t runs = samples.dim(0), k = first.dim(1), n = rows.dim(0);
  if (runs < 1 || first.dim(0) != runs)
    bad_input("choosing k: {} subsamples but {} sets of starts", runs, first.dim(0));
  Runs all(rows, silhouette_rows.defined() ? silhouette_rows.contiguous() : silhouette_rows);
  for (int64_t r = 0; r < runs; r++) {
    KMeansOptions options;
    options.initial_centers = take_rows(rows, first.rows(r, r + 1).span<int64_t>());
    all.add(kmeans(take_rows(rows, samples.rows(r, r + 1).span<int64_t>()), options).centers);
  }
  ClusterTrial trial{all.figures(k), Tensor::empty({runs, n}, DType::i64)};
  for (int64_t r = 0; r < runs; r++)
    std::copy_n(all.labels()[static_cast<size_t>(r)].data<int64_t>(), n, trial.labels.data<int64_t>() + r * n);
  return trial;
}

ChosenClusters choose_clusters(const Tensor& x, const ChooseKOptions& options, Monitor* monitor) {
  require_rank("choosing k", x, 2);
  if (options.least < 2 || options.most < options.least || options.runs < 1 || options.silhouette_rows < 3)
    usage_error("choosing k: from {} to {} with {} runs and {} rows for silhouettes is not possible; k starts at 2",
                options.least, options.most, options.runs, options.silhouette_rows);
  const Tensor rows = x.contiguous();
  const int64_t n = rows.dim(0);
  if (n == 0 || rows.dim(1) == 0) bad_input("choosing k: there are no values, the shape is {}", x.shape().str());
  require_finite_rows("choosing k", rows);
  ChosenClusters chosen{1, {}};
  if (n < 3 || all_rows_equal(rows)) return chosen;

  const int64_t part = std::max<int64_t>(2, n - n / 5), most = std::min(options.most, part - (part == n ? 1 : 0));
  const Tensor looked_at = n > options.silhouette_rows
                               ? sorted_sample(n, options.silhouette_rows, Random(options.seed, "choose-k.silhouette"))
                               : Tensor();
  double best = -std::numeric_limits<double>::infinity();
  for (int64_t k = options.least; k <= most; k++) {
    Runs runs(rows, looked_at);
    for (int64_t r = 0; r < options.runs; r++) {
      const Tensor sample =
          sorted_sample(n, part, Random(options.seed, "choose-k.subsample", static_cast<uint64_t>(r)));
      KMeansOptions one;
      one.clusters = k;
      one.restarts = 1;
      one.seed = options.seed + static_cast<uint64_t>(r);
      runs.add(kmeans(take_rows(rows, sample.span<int64_t>()), one).centers);
    }
    chosen.tried.push_back(runs.figures(k));
    if (chosen.tried.back().silhouette > best) best = chosen.tried.back().silhouette, chosen.clusters = k;
    report(monitor, "choosing k", k - options.least + 1, most - options.least + 1, "k");
  }
  return chosen;
}

}  // namespace ceir
