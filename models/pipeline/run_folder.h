// A finished run, read back: what the commands that explain, edit, label and report work on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/image_set.h"
#include "models/clip.h"
#include "models/concept_bottleneck.h"
#include "models/explanations.h"
#include "models/pipeline/rows.h"
#include "models/pipeline/settings.h"
#include "models/vae.h"
#include "tensor/io/json.h"

namespace ceir {

struct RunFolder {
  std::string path;
  Json receipt;
  Rows rows;
  std::vector<int64_t> train, test;   // row numbers
  Bottleneck bottleneck;
  Vae vae;
  Tensor concept_vectors;         // (N, K')
  Tensor centers;                 // (C, L)
  Tensor clusters, distances;     // (N)
  std::vector<std::string> names; // of the clusters
  Settings settings;

  // Throws Error(bad_input) when the folder is not a finished run, or its files do not fit each other.
  static RunFolder open(const std::string& path);

  // How the run, or `method` in its place, ranks concepts.
  Ranking ranking(const std::string& method = "") const;

  // The row an image is named by: its path (or the end of one, after a /), or #ROW. Throws Error(usage) with a suggestion.
  int64_t find_image(const std::string& name) const;
  std::unique_ptr<ImageSet> open_images() const;  // the run's own pictures; throws when they are gone
  // The model the run was made with. Throws Error(bad_input) when `name` or what the receipt names is another model now.
  std::unique_ptr<Clip> open_model() const;
};

}  // namespace ceir
