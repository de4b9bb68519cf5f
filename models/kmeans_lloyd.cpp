#include "models/kmeans_lloyd.h"

#include <algorithm>

#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "models/kmeans_nearest.h"

namespace ceir {
namespace {

template <class T>
class Lloyd {
 public:
  Lloyd(const CentredRows<T>& data, std::vector<double> centers, bool with_bounds)
      : data_(data),
        d_(data.d),
        k_(static_cast<int64_t>(centers.size()) / data.d),
        nearest_(data, k_, with_bounds),
        centers_(std::move(centers)),
        next_(centers_.size()),
        sums_(centers_.size(), 0.0),
        counts_(static_cast<size_t>(k_), 0),
        labels_(static_cast<size_t>(data.n), -1) {}

  LloydRun run(int64_t max_iterations, double tolerance) {
    LloydRun result;
    bool repeated = false;
    while (result.iterations < max_iterations && !repeated) {
      throw_if_interrupted();
      result.iterations++;
      nearest_.look(centers_);
      repeated = take_changes();
      average();
      const double moved = move();
      if (!repeated && moved <= tolerance) break;
    }
    if (!repeated) {
      nearest_.look(centers_);
      std::copy_n(nearest_.labels().begin(), data_.n, labels_.begin());
    }
    result.inertia = inertia();
    result.labels = std::move(labels_);
    result.centers = std::move(centers_);
    return result;
  }

 private:
  // Moves the rows whose label changed from one sum to another: after the first rounds these are few. True when there
  // are none. Each column's sums run over the changed rows in order, whatever the threads.
  bool take_changes() {
    const std::vector<int32_t>& found = nearest_.labels();
    changed_.clear();
    for (int64_t i = 0; i < data_.n; i++)
      if (found[static_cast<size_t>(i)] != labels_[static_cast<size_t>(i)]) changed_.push_back(i);
    if (!nearest_.sums().empty()) sums_ = nearest_.sums();
    else parallel_for(d_, 32, [&](int64_t begin, int64_t end) {
      for (const int64_t i : changed_) {
        const T* x = data_.x + i * d_;
        const double* shift = data_.shift.data();
        const int32_t from = labels_[static_cast<size_t>(i)], to = found[static_cast<size_t>(i)];
        double* in = sums_.data() + to * d_;
        for (int64_t j = begin; j < end; j++) in[j] += static_cast<double>(x[j]) - shift[j];
        if (from < 0) continue;
        double* out = sums_.data() + from * d_;
        for (int64_t j = begin; j < end; j++) out[j] -= static_cast<double>(x[j]) - shift[j];
      }
    });
    for (const int64_t i : changed_) {
      const int32_t from = labels_[static_cast<size_t>(i)], to = found[static_cast<size_t>(i)];
      if (from >= 0) counts_[static_cast<size_t>(from)]--;
      counts_[static_cast<size_t>(to)]++;
      labels_[static_cast<size_t>(i)] = to;
    }
    return changed_.empty();
  }

  // next_ = mean of each cluster's rows.
  void average() {
    if (std::find(counts_.begin(), counts_.end(), 0) != counts_.end()) return average_with_empty();
    divide(sums_, counts_);
  }

  void divide(const std::vector<double>& sums, const std::vector<int64_t>& counts) {
    for (int64_t c = 0; c < k_; c++)
      if (const int64_t count = counts[static_cast<size_t>(c)])
        for (int64_t j = 0; j < d_; j++)
          next_[static_cast<size_t>(c * d_ + j)] = sums[static_cast<size_t>(c * d_ + j)] / static_cast<double>(count);
  }

  // Empty clusters take the rows farthest from their centres, which leave their old clusters' means (labels stay until
  // the next round), as scikit-learn does. With nothing to take they lie on the largest cluster's centre.
  void average_with_empty() {
    std::vector<double> sums = sums_, distance(static_cast<size_t>(data_.n));
    std::vector<int64_t> counts = counts_, order(static_cast<size_t>(data_.n)), empty;
    for (int64_t c = 0; c < k_; c++)
      if (counts[static_cast<size_t>(c)] == 0) empty.push_back(c);
    parallel_for(data_.n, 1024, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        order[static_cast<size_t>(i)] = i;
        distance[static_cast<size_t>(i)] =
            squared_distance(data_, i, centers_.data() + labels_[static_cast<size_t>(i)] * d_);
      }
    });
    const auto take = std::min(static_cast<int64_t>(empty.size()), data_.n);
    std::partial_sort(order.begin(), order.begin() + take, order.end(), [&](int64_t a, int64_t b) {
      const double x = distance[static_cast<size_t>(a)], y = distance[static_cast<size_t>(b)];
      return x != y ? x > y : a < b;
    });
    for (int64_t e = 0; e < take; e++) {
      const int64_t row = order[static_cast<size_t>(e)], to = empty[static_cast<size_t>(e)];
      if (distance[static_cast<size_t>(row)] == 0) break;
      const int64_t from = labels_[static_cast<size_t>(row)];
      for (int64_t j = 0; j < d_; j++) {
        const double value = data_.centred(row, j);
        sums[static_cast<size_t>(from * d_ + j)] -= value;
        sums[static_cast<size_t>(to * d_ + j)] = value;
      }
      counts[static_cast<size_t>(from)]--;
      counts[static_cast<size_t>(to)] = 1;
    }
    divide(sums, counts);
    const int64_t largest = std::max_element(counts.begin(), counts.end()) - counts.begin();
    for (int64_t c = 0; c < k_; c++)
      if (counts[static_cast<size_t>(c)] == 0) std::copy_n(next_.begin() + largest * d_, d_, next_.begin() + c * d_);
  }

  // Takes the new centres; returns the sum of the squares of their moves.
  double move() {
    double total = 0;
    for (size_t i = 0; i < centers_.size(); i++) {
      const double by = next_[i] - centers_[i];
      total += by * by;
    }
    centers_.swap(next_);
    return total;
  }

  double inertia() const {
    constexpr int64_t chunk = 1024;
    std::vector<double> parts(static_cast<size_t>((data_.n + chunk - 1) / chunk), 0.0);
    parallel_for(data_.n, chunk, [&](int64_t begin, int64_t end) {
      double sum = 0;
      for (int64_t i = begin; i < end; i++)
        sum += squared_distance(data_, i, centers_.data() + labels_[static_cast<size_t>(i)] * d_);
      parts[static_cast<size_t>(begin / chunk)] = sum;
    });
    double total = 0;
    for (const double part : parts) total += part;
    return total;
  }

  const CentredRows<T>& data_;
  int64_t d_, k_;
  NearestCenters<T> nearest_;
  std::vector<double> centers_, next_, sums_;
  std::vector<int64_t> counts_, changed_;
  std::vector<int32_t> labels_;
};

}  // namespace

template <class T>
LloydRun lloyd(const CentredRows<T>& data, std::vector<double> centers, int64_t max_iterations, double tolerance,
               std::optional<bool> with_bounds) {
  const int64_t k = static_cast<int64_t>(centers.size()) / data.d;
  return Lloyd<T>(data, std::move(centers), with_bounds.value_or(NearestCenters<T>::pays(k, data.d)))
      .run(max_iterations, tolerance);
}

template LloydRun lloyd(const CentredRows<float>&, std::vector<double>, int64_t, double, std::optional<bool>);
template LloydRun lloyd(const CentredRows<double>&, std::vector<double>, int64_t, double, std::optional<bool>);

}  // namespace ceir
