#include "models/embed_device.h"

#include <algorithm>

#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "tensor/tape.h"

namespace ceir {

DeviceEmbedder::DeviceEmbedder(const Clip& clip, Load load) : clip_(clip), load_(std::move(load)) {}

void DeviceEmbedder::start(const std::vector<int64_t>& rows) {
  if (in_flight_.size() > 1) fail(ErrorKind::internal, "two batches are in flight: their buffers are in use");
  const int64_t size = clip_.preprocess().size, picture = 3 * size * size, n = static_cast<int64_t>(rows.size());
  PinnedMemory& staging = staging_[next_];
  next_ = 1 - next_;
  const size_t bytes = static_cast<size_t>(n * picture) * sizeof(float);
  if (staging.bytes() < bytes) staging = PinnedMemory(bytes);
  float* pixels = staging.as<float>();   // (B, 3, S, S)
  InFlight batch;
  batch.reasons.resize(rows.size());
  parallel_for(n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      try {
        load_(rows[static_cast<size_t>(i)], pixels + i * picture);
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::bad_input) throw;
        batch.reasons[static_cast<size_t>(i)] = e.what();
      }
    }
  });
  for (size_t i = 0; i < rows.size(); i++) {   // good ones close up
    if (!batch.reasons[i].empty()) continue;
    const int64_t at = static_cast<int64_t>(batch.good.size());
    if (at != static_cast<int64_t>(i)) std::copy_n(pixels + static_cast<int64_t>(i) * picture, picture, pixels + at * picture);
    batch.good.push_back(i);
  }
  if (!batch.good.empty()) {
    const NoTape none;
    const ComputeOn device(Device::cuda);
    const Tensor x = Tensor::empty({static_cast<int64_t>(batch.good.size()), 3, size, size});   // (good, 3, S, S)
    staging.queue_to(x.address(), static_cast<size_t>(x.bytes()));
    batch.features = clip_.image_features(x);   // queued, not waited for
  }
  in_flight_.push_back(std::move(batch));
}

EmbeddedBatch DeviceEmbedder::finish() {
  if (in_flight_.empty()) fail(ErrorKind::internal, "no batch is in flight");
  const InFlight batch = std::move(in_flight_.front());
  in_flight_.erase(in_flight_.begin());
  EmbeddedBatch result{Tensor::empty({static_cast<int64_t>(batch.reasons.size()), clip_.projection()}), batch.reasons};
  if (batch.good.empty()) return result;
  const Tensor y = batch.features.on(Device::cpu);
  for (size_t k = 0; k < batch.good.size(); k++) {
    Tensor row = result.features.rows(static_cast<int64_t>(batch.good[k]), static_cast<int64_t>(batch.good[k]) + 1);
    row.copy_from(y.rows(static_cast<int64_t>(k), static_cast<int64_t>(k) + 1));
  }
  return result;
}

}  // namespace ceir
