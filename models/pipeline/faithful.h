// What the authors' training loop looks at while it trains: their quirks, kept apart.
#pragma once
#include <string>
#include <vector>

#include "models/kmeans.h"
#include "models/metrics.h"
#include "models/vae_training.h"
#include "tensor/io/json.h"

namespace ceir {

// Every 25 epochs (and after the last) k-means on SAMPLED codes of the TEST split, encoded with batch normalisation in
// training mode, which pollutes the running statistics (quirks 1 and 2); the best of these scores, picked on test labels,
// is what seems to be published (quirk 4). Kept in `file`, so that a resumed training ends with the same list.
class FaithfulScores {
 public:
  FaithfulScores(std::string file, std::string key, Tensor test, std::vector<int64_t> labels, KMeansOptions kmeans, const VaeOptions& vae);
  void observe(int64_t epoch, Vae& vae);
  // {"every": 25, "epochs": [{epoch, acc, nmi, ari}], "best_on_test": {...}}; scores only where labels are known.
  Json json() const;

 private:
  struct Row {
    int64_t epoch;
    Scores scores;
  };
  void save() const;

  std::string file_, key_;
  Tensor test_;
  std::vector<int64_t> labels_;
  KMeansOptions kmeans_;
  int64_t epochs_, batch_;
  uint64_t seed_;
  std::vector<Row> rows_;
};

}  // namespace ceir
