#include "models/kmeans_seeds.h"

#include <algorithm>
#include <limits>

#include "kernels/base/interrupt.h"
#include "kernels/base/portable_math.h"
#include "kernels/launch/compute.h"
#include "kernels/kmeans/pack.h"

namespace ceir {
namespace {

template <class T>
class Seeder {
 public:
  Seeder(const CentredRows<T>& data, int64_t k)
      : data_(data),
        k_(k),
        trials_(std::min<int64_t>(kmeans_tile, 2 + static_cast<int64_t>(portable::log(static_cast<double>(k))))),
        padded_(data.blocks * kmeans_block<T>) {
    const auto size = [](int64_t n) { return static_cast<size_t>(n); };
    centers_.reserve(size(k * data.d));
    closest_ = Tensor::full({padded_}, std::numeric_limits<double>::infinity(), dtype_of<T>);
    for (int64_t p = data.n; p < padded_; p++) closest_.data<T>()[p] = 0;
    nearest_ = Tensor::empty({trials_, padded_}, dtype_of<T>);
    potential_.resize(size(trials_ * data.blocks));
    if (data.packed_there.defined()) {
      closest_ = closest_.on(Device::cuda), nearest_ = nearest_.on(Device::cuda);
      potential_there_ = Tensor::empty({trials_ * data.blocks}, DType::f64, Device::cuda);
    }
    packed_.resize(size(trials_ * data.d));
    norms_.resize(size(trials_));
  }

  std::vector<double> run(Random& random) {
    take({static_cast<int64_t>(random.below(static_cast<uint64_t>(data_.n)))});
    std::vector<int64_t> drawn(static_cast<size_t>(trials_));
    for (int64_t i = 1; i < k_; i++) {
      throw_if_interrupted();
      for (auto& row : drawn) row = draw(random);
      take(drawn);
    }
    return std::move(centers_);
  }

 private:
  // Adds the row that leaves the smallest potential, the first of equals.
  void take(const std::vector<int64_t>& rows) {
    const int64_t m = static_cast<int64_t>(rows.size()), d = data_.d;
    std::vector<double> candidates(static_cast<size_t>(m * d));
    for (int64_t q = 0; q < m; q++)
      for (int64_t j = 0; j < d; j++)
        candidates[static_cast<size_t>(q * d + j)] = data_.centred(rows[static_cast<size_t>(q)], j);
    kmeans_pack_centers(candidates.data(), m, d, m, packed_.data(), norms_.data());
    if (data_.packed_there.defined()) look_on_device(m);
    else kmeans_candidates(KMeansCandidates<T>{data_.packed.template data<T>(), data_.norms.template data<T>(),
                                          packed_.data(), norms_.data(), closest_.data<T>(), data_.blocks, d, m,
                                          nearest_.data<T>(), potential_.data()});
    int64_t best = 0;
    for (int64_t q = 0; q < m; q++) {
      double total = 0;
      for (int64_t b = 0; b < data_.blocks; b++) total += potential_[static_cast<size_t>(q * data_.blocks + b)];
      if (q == 0 || total < total_) best = q, total_ = total;
    }
    blocks_.assign(potential_.begin() + best * data_.blocks, potential_.begin() + (best + 1) * data_.blocks);
    if (data_.packed_there.defined()) closest_.copy_from(nearest_.view({padded_}, {1}, best * padded_));
    else std::copy_n(nearest_.data<T>() + best * padded_, padded_, closest_.data<T>());
    centers_.insert(centers_.end(), candidates.begin() + best * d, candidates.begin() + (best + 1) * d);
  }

  // The same on the device; what candidates cost comes back.
  void look_on_device(int64_t m) {
    const ComputeOn device(Device::cuda);
    const Tensor packed = Tensor::from(packed_, {trials_ * data_.d}), norms = Tensor::from(norms_, {trials_});
    kmeans_candidates(KMeansCandidates<T>{data_.packed_there.template data<T>(), data_.norms_there.template data<T>(), packed.data<T>(),
                                          norms.data<T>(), closest_.data<T>(), data_.blocks, data_.d, m, nearest_.data<T>(), potential_there_.data<double>()});
    const Tensor here = potential_there_.on(Device::cpu);
    std::ranges::copy(here.span<double>(), potential_.begin());
  }

  // A row with probability closest / total: the block first, then the row in it.
  int64_t draw(Random& random) {
    if (!(total_ > 0))
      return static_cast<int64_t>(random.below(static_cast<uint64_t>(data_.n)));  // all rows are centres
    double left = random.uniform() * total_;
    int64_t block = 0, last = data_.blocks - 1;
    while (block < last && left >= blocks_[static_cast<size_t>(block)]) left -= blocks_[static_cast<size_t>(block++)];
    int64_t row = block * kmeans_block<T>;
    const int64_t end = std::min(row + kmeans_block<T>, data_.n) - 1;
    const Tensor own = closest_.rows(row, end + 1).on(Device::cpu);  // of the block
    const T* closest = own.data<T>() - row;
    while (row < end && left >= static_cast<double>(closest[row])) left -= static_cast<double>(closest[row++]);
    return row;
  }

  const CentredRows<T>& data_;
  int64_t k_, trials_, padded_;
  std::vector<double> centers_;
  Tensor closest_, nearest_, potential_there_;
  std::vector<double> potential_, blocks_;  // of every candidate, and of the centres so far
  double total_ = 0;
  std::vector<T> packed_, norms_;
};

}  // namespace

template <class T>
std::vector<double> plus_plus_centers(const CentredRows<T>& data, int64_t k, Random& random) {
  return Seeder<T>(data, k).run(random);
}

template std::vector<double> plus_plus_centers(const CentredRows<float>&, int64_t, Random&);
template std::vector<double> plus_plus_centers(const CentredRows<double>&, int64_t, Random&);

}  // namespace ceir
