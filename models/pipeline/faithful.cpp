#include "models/pipeline/faithful.h"

#include <filesystem>

#include "tensor/io/file.h"

namespace ceir {

FaithfulScores::FaithfulScores(std::string file, std::string key, Tensor test, std::vector<int64_t> labels, KMeansOptions kmeans,
                               const VaeOptions& vae)
    : file_(std::move(file)), key_(std::move(key)), test_(std::move(test)), labels_(std::move(labels)), kmeans_(kmeans),
      epochs_(vae.epochs), batch_(vae.train_batch), seed_(vae.seed) {
  if (!std::filesystem::exists(file_)) return;
  try {
    const Json saved = Json::read(file_);
    if (saved.get("key", "", file_) != key_) return;
    for (const Json& row : saved.at("epochs", file_).as_array(file_)) {
      Scores s{};
      s.acc = row.get("acc", 0.0, file_), s.nmi = row.get("nmi", 0.0, file_), s.ari = row.get("ari", 0.0, file_);
      rows_.push_back({row.get("epoch", int64_t{0}, file_), s});
    }
  } catch (const Error&) {
    rows_.clear();
  }
}

void FaithfulScores::observe(int64_t epoch, Vae& vae) {
  if (epoch % 25 != 0 && epoch != epochs_) return;
  std::erase_if(rows_, [&](const Row& r) { return r.epoch >= epoch; });  // from before an interruption
  const Tensor z = vae.sample_training_mode(test_, batch_, seed_ + static_cast<uint64_t>(epoch));
  Row row{epoch, {}};
  if (!labels_.empty()) {
    const KMeansResult clusters = kmeans(z, kmeans_);
    row.scores = score_clusters(clusters.labels, Tensor::from(labels_, {static_cast<int64_t>(labels_.size())}));
  }
  rows_.push_back(row);
  save();
}

Json FaithfulScores::json() const {
  Json rows = Json::array();
  const Row* best = nullptr;
  const auto describe = [&](const Row& r) {
    Json j = Json::object().set("epoch", r.epoch);
    if (!labels_.empty()) j.set("acc", r.scores.acc).set("nmi", r.scores.nmi).set("ari", r.scores.ari);
    return j;
  };
  for (const Row& r : rows_) {
    rows.push(describe(r));
    if (!best || r.scores.acc > best->scores.acc) best = &r;
  }
  Json all = Json::object().set("every", 25).set("epochs", rows);
  if (best && !labels_.empty()) all.set("best_on_test", describe(*best));
  return all;
}

void FaithfulScores::save() const { write_file(file_, json().set("key", key_).dump()); }

}  // namespace ceir
