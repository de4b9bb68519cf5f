// Label manipulation: set or remove concepts of one image, encode again, and see where it goes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/vae.h"

namespace ceir {

struct ConceptEdit {
  std::string concept_name;
  double value = 0;  // standardised: 0 is the training mean, 1 one deviation above
};

// "red barn=2.5" -> edit; the name may hold '=' itself. Throws Error(usage) when there is no number.
ConceptEdit parse_concept_edit(const std::string& text);
ConceptEdit removal_of(const std::string& concept_name);  // back to the training mean

struct EditResult {
  Tensor concepts_before, concepts_after;    // (K)
  Tensor latent_before, latent_after;        // (L)
  Tensor distances_before, distances_after;  // (C) Euclidean, to every centre
  int64_t cluster_before = 0, cluster_after = 0;
  std::string label_before, label_after;     // names of the clusters, empty without names
  double latent_shift = 0;                   // Euclidean
};

// x (K) standardised concepts of the image; centers (C, L); names C or none. Throws Error(usage) for an unknown concept,
// with the closest known one, and for a value that is not finite.
EditResult edit_concepts(const Vae& vae, const Tensor& x, const std::vector<std::string>& concepts, const Tensor& centers,
                         const std::vector<std::string>& names, const std::vector<ConceptEdit>& edits);

}  // namespace ceir
