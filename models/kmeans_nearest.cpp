#include "models/kmeans_nearest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "kernels/kmeans/pack.h"

namespace ceir {
namespace {

template <class T>
constexpr double unit = std::numeric_limits<T>::epsilon() / 2;  // unit roundoff

constexpr int64_t blocks_at_once = 8;  // of rows gathered for another look: with 768 columns they fit a second-level cache

}  // namespace

template <class T>
NearestCenters<T>::NearestCenters(const CentredRows<T>& data, int64_t k, bool with_bounds)
    : data_(data),
      k_(k),
      tile_(kmeans_tile_of(k)),
      tiles_((k + tile_ - 1) / tile_),
      with_bounds_(with_bounds && !data.packed_there.defined()),
      rounded_(static_cast<size_t>(k * data.d)),
      packed_(rounded_.size()),
      norms_(static_cast<size_t>(k)),
      labels_(static_cast<size_t>(data.blocks * kmeans_block<T>), 0),
      scores_(labels_.size()),
      upper_(with_bounds_ ? labels_.size() : 0),
      lower_(with_bounds_ ? labels_.size() * static_cast<size_t>(tiles_) : 0),
      moved_(static_cast<size_t>(k)),
      tile_moved_(static_cast<size_t>(tiles_)) {}

template <class T>
void NearestCenters<T>::look(const std::vector<double>& centers) {
  kmeans_pack_centers(centers.data(), k_, data_.d, tile_, packed_.data(), norms_.data());
  if (!with_bounds_) return look_at_all();
  const std::vector<T> before = rounded_;
  std::transform(centers.begin(), centers.end(), rounded_.begin(), [](double c) { return static_cast<T>(c); });
  longest_ = std::sqrt(static_cast<double>(*std::max_element(norms_.begin(), norms_.end()))) * (1 + 4 * unit<T>);
  if (known_) {
    move_bounds(before);
    const std::vector<int64_t> rows = doubtful_rows();
    if (static_cast<int64_t>(rows.size()) <= data_.n / 2) return look_at(rows);
  }
  look_at_all();
  known_ = true;
}

template <class T>
void NearestCenters<T>::look_at_all() {
  compared_ = data_.n;
  KMeansAssign<T> args{data_.packed.template data<T>(), packed_.data(), norms_.data(), data_.blocks, data_.d, k_, tile_,
                       labels_.data(), scores_.data()};
  if (with_bounds_) args.tile_score = lower_.data();
  if (data_.packed_there.defined()) return look_on_device(args);
  kmeans_assign(args);
  if (!with_bounds_) return;
  const auto stride = static_cast<int64_t>(labels_.size());
  parallel_for(data_.n, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) keep_bounds(i, scores_[static_cast<size_t>(i)], lower_.data() + i, stride);
  });
}

template <class T>
void NearestCenters<T>::look_on_device(KMeansAssign<T> args) {
  const ComputeOn device(Device::cuda);
  const Tensor centers = Tensor::from(packed_, {k_, data_.d}), norms = Tensor::from(norms_, {k_});
  const auto padded = static_cast<int64_t>(labels_.size());
  if (!labels_there_.defined()) {
    labels_there_ = Tensor::empty({padded}, DType::i32), scores_there_ = Tensor::empty({padded}, dtype_of<T>);
    sums_there_ = Tensor::empty({k_, data_.d}, DType::f64), counts_there_ = Tensor::empty({k_}, DType::i64);
    sums_.resize(rounded_.size());
  }
  args.points = data_.packed_there.template data<T>(), args.centers = centers.data<T>(), args.center_norms = norms.data<T>();
  args.label = labels_there_.data<int32_t>(), args.score = scores_there_.template data<T>();
  kmeans_step(KMeansStep<T>{args, data_.n, sums_there_.data<double>(), counts_there_.data<int64_t>()});
  const Tensor found = labels_there_.on(Device::cpu), sums = sums_there_.on(Device::cpu);
  std::ranges::copy(found.span<int32_t>(), labels_.begin());
  std::ranges::copy(sums.span<double>(), sums_.begin());
}

// Gathers the rows into blocks of their own, a few blocks at a time.
template <class T>
void NearestCenters<T>::look_at(const std::vector<int64_t>& rows) {
  compared_ = static_cast<int64_t>(rows.size());
  constexpr int64_t most = blocks_at_once * kmeans_block<T>;
  parallel_for(compared_, most, [&](int64_t begin, int64_t end) {
    const int64_t blocks = kmeans_blocks<T>(end - begin), padded = blocks * kmeans_block<T>;
    const std::unique_ptr<T[]> points(new T[static_cast<size_t>(padded * data_.d)]);
    const std::unique_ptr<T[]> scores(new T[static_cast<size_t>(padded * (1 + tiles_))]);
    const std::unique_ptr<int32_t[]> labels(new int32_t[static_cast<size_t>(padded)]);
    kmeans_pack_points(data_.x, rows.data() + begin, data_.shift.data(), end - begin, data_.d, points.get(),
                       static_cast<T*>(nullptr));
    KMeansAssign<T> args{points.get(), packed_.data(), norms_.data(), blocks, data_.d, k_, tile_, labels.get(),
                         scores.get()};
    args.tile_score = scores.get() + padded;
    kmeans_assign(args);
    for (int64_t i = begin; i < end; i++) {
      const int64_t row = rows[static_cast<size_t>(i)];
      labels_[static_cast<size_t>(row)] = labels[i - begin];
      keep_bounds(row, scores[i - begin], args.tile_score + (i - begin), padded);
    }
  });
}

// How far the kernel's score of a row may be from |c|^2 - 2 x.c: d multiply-adds and two more roundings of terms no
// larger than |c|^2 + 2 |x||c|; and |x|^2 is rounded once (Higham 2002, section 3.1).
template <class T>
double NearestCenters<T>::uncertainty(int64_t row) const {
  const double norm = static_cast<double>(data_.norms.template data<T>()[row]), length = std::sqrt(norm);
  return 1.1 * unit<T> *
         (static_cast<double>(data_.d + 8) * (longest_ * longest_ + 2 * length * longest_) + 4 * norm);
}

template <class T>
void NearestCenters<T>::keep_bounds(int64_t row, T score, const T* tile_scores, int64_t stride) {
  const double norm = static_cast<double>(data_.norms.template data<T>()[row]), off = uncertainty(row);
  upper_[static_cast<size_t>(row)] =
      static_cast<T>(std::sqrt(std::max(0.0, static_cast<double>(score) + norm + off)) * (1 + 4 * unit<T>));
  for (int64_t t = 0; t < tiles_; t++)
    lower_[static_cast<size_t>(t) * labels_.size() + static_cast<size_t>(row)] = static_cast<T>(
        std::sqrt(std::max(0.0, static_cast<double>(tile_scores[t * stride]) + norm - off)) * (1 - 4 * unit<T>));
}

// How far each centre, and at most each tile's, moved: no less than it really did.
template <class T>
void NearestCenters<T>::move_bounds(const std::vector<T>& before) {
  std::fill(tile_moved_.begin(), tile_moved_.end(), 0.0);
  for (int64_t c = 0; c < k_; c++) {
    double sum = 0;
    for (int64_t j = c * data_.d; j < (c + 1) * data_.d; j++) {
      const double by = static_cast<double>(rounded_[static_cast<size_t>(j)]) - static_cast<double>(before[static_cast<size_t>(j)]);
      sum += by * by;
    }
    const double moved = std::sqrt(sum) * (1 + 4 * unit<T>) * (1 + 1e-12);
    moved_[static_cast<size_t>(c)] = moved;
    double& most = tile_moved_[static_cast<size_t>(c / tile_)];
    most = std::max(most, moved);
  }
}

// Rows whose bounds, moved with the centres, no longer tell the nearest centre apart from the others.
template <class T>
std::vector<int64_t> NearestCenters<T>::doubtful_rows() {
  std::vector<uint8_t> doubtful(static_cast<size_t>(data_.n));
  const T keep = static_cast<T>(1 - 8 * unit<T>), grow = static_cast<T>(1 + 8 * unit<T>);
  parallel_for(data_.n, 1024, [&](int64_t begin, int64_t end) {
    T nearest[1024];
    const int64_t count = end - begin;
    std::fill_n(nearest, count, std::numeric_limits<T>::infinity());
    for (int64_t t = 0; t < tiles_; t++) {
      T* lower = lower_.data() + static_cast<size_t>(t) * labels_.size() + begin;
      const T moved = static_cast<T>(tile_moved_[static_cast<size_t>(t)]) * grow;
      for (int64_t i = 0; i < count; i++) {
        lower[i] = lower[i] * keep - moved;
        nearest[i] = lower[i] < nearest[i] ? lower[i] : nearest[i];
      }
    }
    for (int64_t i = 0; i < count; i++) {
      const int64_t row = begin + i;
      const int32_t own = labels_[static_cast<size_t>(row)];
      T& upper = upper_[static_cast<size_t>(row)];
      upper = (upper + static_cast<T>(moved_[static_cast<size_t>(own)])) * grow;
      const double off = 2 * uncertainty(row), below = static_cast<double>(nearest[i]);
      const auto apart = [&] {
        const double above = static_cast<double>(upper);
        return below > above && (below - above) * (below + above) > off;
      };
      if (apart()) continue;
      // Once more with the true distance to the own centre, which the upper bound has grown away from.
      const double length = std::sqrt(static_cast<double>(data_.norms.template data<T>()[row]));
      upper = static_cast<T>((std::sqrt(squared_distance(data_, row, rounded_.data() + own * data_.d)) +
                              2 * unit<T> * (length + longest_)) * (1 + 8 * unit<T>));
      doubtful[static_cast<size_t>(row)] = !apart();
    }
  });
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < data_.n; i++)
    if (doubtful[static_cast<size_t>(i)]) rows.push_back(i);
  return rows;
}

template class NearestCenters<float>;
template class NearestCenters<double>;

}  // namespace ceir
