#include "models/clip_step.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "tensor/ops/accumulate.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/losses.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

constexpr int64_t images_per_piece = 16;
constexpr int64_t texts_per_piece = 64;

// A part of the batch on its way through a tower: rows of the features, and the tape they were recorded on.
struct Piece {
  bool image = true;
  size_t caption = 0;           // of texts
  std::vector<int64_t> rows;    // of the batch
  std::unique_ptr<Tape> tape;
  Tensor features;              // (rows, D)
  std::vector<Tensor> gradients;
};

// Pictures in their order; texts from short to long, so that a piece pads little.
std::vector<Piece> cut(const ClipBatch& batch) {
  std::vector<Piece> pieces;
  const int64_t n = batch.pixels.dim(0);
  const auto add = [&](bool image, size_t caption, const std::vector<int64_t>& order, int64_t size) {
    for (int64_t i = 0; i < n; i += size) {
      Piece p;
      p.image = image, p.caption = caption;
      p.rows.assign(order.begin() + i, order.begin() + std::min(n, i + size));
      pieces.push_back(std::move(p));
    }
  };
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  add(true, 0, order, images_per_piece);
  for (size_t k = 0; k < batch.texts.size(); k++) {
    std::vector<int64_t> by_length = order;
    std::stable_sort(by_length.begin(), by_length.end(), [&](int64_t a, int64_t b) {
      return batch.texts[k][static_cast<size_t>(a)].size() < batch.texts[k][static_cast<size_t>(b)].size();
    });
    add(false, k, by_length, texts_per_piece);
  }
  return pieces;
}

void forward(const Clip& clip, const ClipBatch& batch, Piece& p) {
  p.tape = std::make_unique<Tape>();
  if (p.image) {
    p.features = clip.image_features(batch.pixels.rows(p.rows.front(), p.rows.back() + 1));
  } else {
    std::vector<std::vector<int64_t>> ids;
    for (const int64_t row : p.rows) ids.push_back(batch.texts[p.caption][static_cast<size_t>(row)]);
    p.features = clip.text_features(ids);
  }
  p.tape->stop();
}

void copy_row(const Tensor& from, int64_t i, Tensor& to, int64_t k) {
  Tensor target = to.rows(k, k + 1);
  target.copy_from(from.rows(i, i + 1));
}

// Calls body(piece) for every piece, from any thread, with single-threaded kernels.
template <class Body>
void over_pieces(std::vector<Piece>& pieces, const Body& body) {
  parallel_for(static_cast<int64_t>(pieces.size()), 1, [&](int64_t begin, int64_t end) {
    const NoTape none;
    const SingleThread single;
    for (int64_t i = begin; i < end; i++) {
      throw_if_interrupted();
      body(pieces[static_cast<size_t>(i)]);
    }
  });
}

}  // namespace

ClipStep clip_step(const Clip& clip, const Parameters& parameters, const Tensor& logit_scale, const ClipBatch& batch) {
  const int64_t n = batch.pixels.dim(0), width = clip.projection();
  std::vector<Piece> pieces = cut(batch);
  over_pieces(pieces, [&](Piece& p) { forward(clip, batch, p); });

  // The loss, on leaves that hold all features.
  Tensor images = Tensor::empty({n, width}, clip.dtype());                                           // (B, D)
  std::vector<Tensor> texts;
  for (size_t k = 0; k < batch.texts.size(); k++) texts.push_back(Tensor::empty({n, width}, clip.dtype()));  // (B, D)
  for (const Piece& p : pieces)
    for (size_t i = 0; i < p.rows.size(); i++) copy_row(p.features, static_cast<int64_t>(i), p.image ? images : texts[p.caption], p.rows[i]);
  ClipStep step;
  Tensor scale_gradient, image_gradient;
  std::vector<Tensor> text_gradients;
  {
    Tape tape;
    images.track();
    Tensor loss;
    for (Tensor& text : texts) {
      const Tensor one = clip_contrastive(images, text.track(), logit_scale);
      loss = loss.defined() ? add(loss, one) : one;
    }
    loss = scale(loss, 1.0 / static_cast<double>(texts.size()));
    step.loss = loss.item();
    tape.backward(loss);
    scale_gradient = tape.gradient(logit_scale);
    image_gradient = tape.gradient(images);
    for (const Tensor& text : texts) text_gradients.push_back(tape.gradient(text));
  }

  over_pieces(pieces, [&](Piece& p) {
    Tensor seed = Tensor::empty(p.features.shape(), clip.dtype());
    for (size_t i = 0; i < p.rows.size(); i++) copy_row(p.image ? image_gradient : text_gradients[p.caption], p.rows[i], seed, static_cast<int64_t>(i));
    p.tape->backward(p.features, seed);
    for (const auto& [name, tensor] : parameters) p.gradients.push_back(p.tape->gradient(*tensor));
    p.tape.reset();
    p.features = Tensor();
  });

  step.gradients.resize(parameters.size());
  parallel_for(static_cast<int64_t>(parameters.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const size_t k = static_cast<size_t>(i);
      if (parameters[k].second->id() == logit_scale.id()) {
        step.gradients[k] = scale_gradient;
        continue;
      }
      Tensor& sum = step.gradients[k];
      for (Piece& p : pieces) {
        if (!p.gradients[k].defined()) continue;
        sum = sum.defined() ? accumulated(std::move(sum), p.gradients[k]) : std::move(p.gradients[k]);
        p.gradients[k] = Tensor();
      }
    }
  });
  return step;
}

}  // namespace ceir
