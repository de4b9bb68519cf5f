#include "models/embed.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "models/embed_device.h"
#include "tensor/io/sha256.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

void require_finite(const Clip& clip, const Tensor& features) {
  const auto values = features.span<float>();
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
    bad_input("{}: gives features that are not finite; its weights are damaged, or it overflows in this precision", clip.name());
}

// Calls body(begin, end) for batches of [0, n), with interrupts and progress between them.
template <class Body>
void in_batches(int64_t n, int64_t batch, Monitor* monitor, const char* stage, const char* unit, const Body& body) {
  if (batch < 1) usage_error("--batch is {}, expected at least 1", batch);
  report(monitor, stage, 0, n, unit);
  for (int64_t begin = 0; begin < n; begin += batch) {
    throw_if_interrupted();
    body(begin, std::min(n, begin + batch));
    report(monitor, stage, std::min(n, begin + batch), n, unit);
  }
}

// What is known so far of an image set; grows by a batch at a time.
struct Progress {
  std::vector<float> features;   // (good, D)
  std::vector<int64_t> rows;     // (good)
  std::vector<SkippedRow> skipped;
  int64_t done = 0;              // pictures asked for so far, good or not
};

void save(Checkpoint& checkpoint, const Progress& p, int64_t width) {
  Json skipped = Json::array();
  for (const SkippedRow& s : p.skipped) skipped.push(Json::object().set("row", s.row).set("reason", s.reason));
  const int64_t good = static_cast<int64_t>(p.rows.size());
  checkpoint.save({{"features", Tensor::borrow(p.features.data(), {good, width}, DType::f32, nullptr)},
                   {"rows", Tensor::borrow(p.rows.data(), {good}, DType::i64, nullptr)}},
                  {{"done", std::to_string(p.done)}, {"skipped", skipped.dump()}});
}

// False when there is nothing to resume from, or what is there does not fit.
bool load(const Checkpoint& checkpoint, Progress& p, int64_t width, int64_t total) {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
  if (!checkpoint.load(tensors, metadata)) return false;
  try {
    Progress found;
    found.done = Json::parse(metadata["done"], "checkpoint").as_int("done");
    for (const auto& [name, t] : tensors) {
      if (name == "features" && t.rank() == 2 && t.dim(1) == width) found.features.assign(t.span<float>().begin(), t.span<float>().end());
      if (name == "rows") found.rows.assign(t.span<int64_t>().begin(), t.span<int64_t>().end());
    }
    const Json skipped = Json::parse(metadata["skipped"], "checkpoint");
    for (const Json& s : skipped.as_array("skipped"))
      found.skipped.push_back({s.at("row", "skipped").as_int("row"), s.at("reason", "skipped").as_string("reason")});
    const bool fits = found.done <= total && found.features.size() == found.rows.size() * static_cast<size_t>(width) &&
                      static_cast<int64_t>(found.rows.size() + found.skipped.size()) == found.done;
    if (fits) p = std::move(found);
    return fits;
  } catch (const Error&) {
    return false;   // damaged: begin again
  }
}

void load_pixels(const ImageSet& images, int64_t row, const Preprocess& p, float* pixels) {
  normalise_into(to_square(images.load(row, p.decode_options()), p), p, pixels);
}

// One batch: every worker decodes its own pictures and carries them through the model, so that one waits for the disk
// while another computes.
EmbeddedBatch embed_batch(const Clip& clip, const ImageSet& images, const std::vector<int64_t>& rows, bool exif) {
  const int64_t n = static_cast<int64_t>(rows.size());
  Preprocess p = clip.preprocess();
  p.exif = p.exif && exif;
  EmbeddedBatch batch{Tensor::empty({n, clip.projection()}), std::vector<std::string>(rows.size())};

  const auto load_into = [&](int64_t i, float* pixels) {   // false: unreadable
    try {
      load_pixels(images, rows[static_cast<size_t>(i)], p, pixels);
      return true;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::bad_input) throw;
      batch.reasons[static_cast<size_t>(i)] = e.what();
      return false;
    }
  };
  const auto work = [&](int64_t begin, int64_t end) {
    const Tensor pixels = Tensor::empty({end - begin, 3, p.size, p.size});   // (b, 3, S, S)
    std::vector<int64_t> good;
    for (int64_t i = begin; i < end; i++)
      if (load_into(i, pixels.rows(static_cast<int64_t>(good.size()), static_cast<int64_t>(good.size()) + 1).data<float>())) good.push_back(i);
    if (good.empty()) return;
    const Tensor y = clip.image_features(pixels.rows(0, static_cast<int64_t>(good.size()))).to(DType::f32);
    for (size_t k = 0; k < good.size(); k++) {
      Tensor row = batch.features.rows(good[k], good[k] + 1);
      row.copy_from(y.rows(static_cast<int64_t>(k), static_cast<int64_t>(k) + 1));
    }
  };
  if (n < thread_count()) {   // too few for everybody: all threads on one picture
    for (int64_t i = 0; i < n; i++) work(i, i + 1);
  } else {
    parallel_for(n, std::clamp<int64_t>(n / thread_count(), 1, 2), [&](int64_t begin, int64_t end) {
      const NoTape none;
      work(begin, end);
    });
  }
  return batch;
}

}  // namespace

EmbedResult embed_images(const Clip& clip, const ImageSet& images, const EmbedOptions& options) {
  const NoTape none;
  clip.preprocess();   // refuses a text-only model before anything is decoded
  clip.load_image();
  std::vector<int64_t> rows = options.rows;
  if (rows.empty()) {
    rows.resize(static_cast<size_t>(images.size()));
    std::iota(rows.begin(), rows.end(), int64_t{0});
  }
  const int64_t total = static_cast<int64_t>(rows.size()), width = clip.projection();
  Progress p;
  if (options.checkpoint) load(*options.checkpoint, p, width, total);
  const int64_t resumed = p.done;
  clip.move_to(stage_device());
  std::optional<DeviceEmbedder> device;
  if (stage_device() == Device::cuda) {
    Preprocess pre = clip.preprocess();
    pre.exif = pre.exif && options.exif;
    device.emplace(clip, [&images, pre](int64_t row, float* pixels) { load_pixels(images, row, pre, pixels); });
  }
  std::vector<int64_t> in_flight;
  const auto take = [&](const std::vector<int64_t>& some, const EmbeddedBatch& batch) {
    for (size_t i = 0; i < some.size(); i++) {
      if (!batch.reasons[i].empty()) {
        p.skipped.push_back({some[i], batch.reasons[i]});
        continue;
      }
      const auto row = batch.features.rows(static_cast<int64_t>(i), static_cast<int64_t>(i) + 1);
      require_finite(clip, row);
      p.features.insert(p.features.end(), row.span<float>().begin(), row.span<float>().end());
      p.rows.push_back(some[i]);
    }
    p.done += static_cast<int64_t>(some.size());
    report(options.monitor, "embed", p.done, total, "images");
    if (options.checkpoint && options.checkpoint->due()) save(*options.checkpoint, p, width);
  };
  try {
    in_batches(total - resumed, options.batch, nullptr, "embed", "images", [&](int64_t begin, int64_t end) {
      if (begin == 0) report(options.monitor, "embed", resumed, total, "images");
      const std::vector<int64_t> some(rows.begin() + resumed + begin, rows.begin() + resumed + end);
      if (!device) return take(some, embed_batch(clip, images, some, options.exif));
      device->start(some);   // before the one in flight is waited for
      if (!in_flight.empty()) take(in_flight, device->finish());
      in_flight = some;
    });
    if (!in_flight.empty()) take(in_flight, device->finish());
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::interrupted && options.checkpoint && options.checkpoint->enabled()) save(*options.checkpoint, p, width);
    throw;
  }
  if (options.trace && !p.rows.empty()) {
    Tensor pixels = Tensor::empty({1, 3, clip.preprocess().size, clip.preprocess().size});
    load_pixels(images, p.rows[0], clip.preprocess(), pixels.data<float>());
    clip.image_features(pixels, options.trace);
  }
  EmbedResult result;
  result.features = Tensor::from(p.features, {static_cast<int64_t>(p.rows.size()), width});
  result.rows = std::move(p.rows);
  result.skipped = std::move(p.skipped);
  if (options.normalize) normalize_rows(result.features);
  return result;
}

Tensor embed_pixels(const Clip& clip, const Tensor& pixels, int64_t batch, Monitor* monitor, const Trace* trace) {
  const NoTape none;
  clip.move_to(stage_device());
  Tensor features = Tensor::empty({pixels.rank() > 0 ? pixels.dim(0) : 0, clip.projection()});
  if (features.dim(0) == 0) clip.image_features(pixels);   // the shape is checked all the same
  in_batches(features.dim(0), batch, monitor, "embed", "images", [&](int64_t begin, int64_t end) {
    Tensor target = features.rows(begin, end);
    target.copy_from(clip.image_features(pixels.rows(begin, end), begin == 0 ? trace : nullptr));
  });
  require_finite(clip, features);
  return features;
}

namespace {

Tensor embed_id_lists(const Clip& clip, const std::vector<std::vector<int64_t>>& ids, int64_t batch, Monitor* monitor, const Trace* trace) {
  const NoTape none;
  const int64_t n = static_cast<int64_t>(ids.size());
  clip.move_to(stage_device());
  Tensor features = Tensor::empty({n, clip.projection()});
  in_batches(n, batch, monitor, "embed-text", "texts", [&](int64_t begin, int64_t end) {
    Tensor target = features.rows(begin, end);
    target.copy_from(clip.text_features({ids.begin() + begin, ids.begin() + end}, begin == 0 ? trace : nullptr));
  });
  require_finite(clip, features);
  return features;
}

}  // namespace

Tensor embed_texts(const Clip& clip, const std::vector<std::string>& texts, int64_t batch, Monitor* monitor, const Trace* trace) {
  const Tokenizer& tokenizer = clip.tokenizer();
  std::vector<std::vector<int64_t>> ids;
  for (size_t i = 0; i < texts.size(); i++) {
    try {
      ids.push_back(tokenizer.encode(texts[i]));
    } catch (const Error& e) {
      fail(e.kind(), "text {}: {}", i + 1, e.what());
    }
  }
  return embed_id_lists(clip, ids, batch, monitor, trace);
}

Tensor embed_ids(const Clip& clip, const Tensor& ids, int64_t batch, Monitor* monitor, const Trace* trace) {
  if (!clip.has_text()) bad_input("{}: an image-only model has no text tower, so it cannot embed texts", clip.name());
  if (ids.rank() != 2 || ids.dtype() != DType::i64) bad_input("token ids of shape {} and type {}, expected a table (K, T) of integers", ids.shape().str(), name_of(ids.dtype()));
  const int64_t context = clip.config().text->context;
  if (ids.dim(1) < 1 || ids.dim(1) > context) bad_input("{} token ids a row, this model takes 1 to {}", ids.dim(1), context);
  const Tensor table = ids.contiguous();
  std::vector<std::vector<int64_t>> lists;
  for (int64_t i = 0; i < table.dim(0); i++) {
    const auto row = table.rows(i, i + 1);
    lists.emplace_back(row.span<int64_t>().begin(), row.span<int64_t>().end());
  }
  return embed_id_lists(clip, lists, batch, monitor, trace);
}

void normalize_rows(Tensor& features) {
  const int64_t width = features.dim(1);
  dispatch("normalize rows", features.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < features.dim(0); i++) {
      T* row = features.data<T>() + i * width;
      double squares = 0;
      for (int64_t c = 0; c < width; c++) squares += static_cast<double>(row[c]) * static_cast<double>(row[c]);
      const double factor = squares > 0 ? 1 / std::sqrt(squares) : 0;
      for (int64_t c = 0; c < width; c++) row[c] = static_cast<T>(row[c] * factor);
    }
  });
}

}  // namespace ceir
