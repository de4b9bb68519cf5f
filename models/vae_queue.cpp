#include "models/vae_queue.h"

#include "kernels/embedding/embedding.h"

namespace ceir {

VaeQueue::VaeQueue(Vae& vae, VaeTrainer& trainer, const Tensor& x, const std::vector<int64_t>& starts)
    : vae_(vae), trainer_(trainer), x_(x.contiguous()), starts_(starts), usual_(starts[1] - starts[0]) {
  const auto batches = static_cast<int64_t>(starts.size()) - 1;
  order_ = Tensor::empty({x.dim(0)}, DType::i64);
  all_rates_ = Tensor::empty({batches, 3}), all_losses_ = Tensor::empty({batches, 3});
  rows_ = Tensor::empty({usual_ + 1, x.dim(1)}), noise_ = Tensor::empty({usual_ + 1, vae.latent()});  // a last batch may have one row more
  rates_ = Tensor::empty({3}), losses_ = Tensor::empty({3});
  step_.work = [this] { work(usual_); };
}

void VaeQueue::begin_epoch(const std::vector<int64_t>& order, const std::vector<float>& rates) {
  order_.copy_from(Tensor::from(order, order_.shape()));
  all_rates_.copy_from(Tensor::from(rates, all_rates_.shape()));
}

void VaeQueue::work(int64_t rows) { trainer_.queue(rows_.rows(0, rows), noise_.rows(0, rows), rates_, losses_); }

void VaeQueue::step(int64_t batch, const std::function<void(Tensor& noise)>& draw) {
  const int64_t begin = starts_[static_cast<size_t>(batch)], rows = starts_[static_cast<size_t>(batch) + 1] - begin;
  embedding_variants({x_.data<float>(), order_.data<int64_t>() + begin, rows_.data<float>(), rows, x_.dim(1)});
  Tensor noise = noise_.rows(0, rows);
  draw(noise);
  rates_.copy_from(all_rates_.rows(batch, batch + 1).reshaped({3}));
  if (rows == usual_) vae_step_variants(RepeatedStep{&step_});
  else work(rows);
  trainer_.adam().count_steps(1);
  vae_.set_batches_tracked(vae_.encoder().batches_tracked + 1, vae_.decoder().batches_tracked + 1);
  all_losses_.rows(batch, batch + 1).copy_from(losses_.reshaped({1, 3}));
  queued_ = batch + 1;
}

std::vector<VaeLosses> VaeQueue::losses(int64_t first) {
  std::vector<VaeLosses> list;
  if (first >= queued_) return list;
  const std::vector<double> all = all_losses_.rows(first, queued_).values();
  for (size_t i = 0; i < all.size(); i += 3) list.push_back({all[i], all[i + 1], all[i + 2]});
  return list;
}

}  // namespace ceir
