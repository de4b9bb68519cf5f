// Explanations of clusters and images, ranked so that what stands first is both in the picture and what put it there.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/attribution.h"
#include "models/concept_scale.h"
#include "models/vae.h"

namespace ceir {

// How concepts are ranked. With m = integrated gradients of the cluster margin (mean over the group) and p = standardised
// concept (likewise), each divided by its largest value in the group:
//   clear     clearness (models/concept_scale.h), mean over the group: what is plainly there (default of the sound protocol,
//             whose VAE sees nothing but what is there)
//   mean      p alone: what stands out
//   margin    m alone: what decides
//   ig        sqrt(m p) where both are positive, else minus the larger of the two negative parts: present AND decisive
//   faithful  the authors' contributions x a
enum class ExplanationMethod : uint8_t { ig, margin, faithful, mean, clear };
const char* name_of(ExplanationMethod m);
ExplanationMethod explanation_method_from(const std::string& name);

struct Ranking {
  ExplanationMethod method = ExplanationMethod::ig;
  ConceptScale scale;  // for `clear`
  Ranking(ExplanationMethod how = ExplanationMethod::ig, ConceptScale of = {}) : method(how), scale(std::move(of)) {}
};

struct ExplainedConcept {
  int64_t index;        // into the concepts of the VAE
  double contribution;  // signed, in [-1, 1] (`clear`: about); what the list is sorted by, largest first
  double margin;        // plain integrated gradients of the margin, mean over the group (adds up to the margin's change)
  double mean;          // of the standardised concept: over the cluster, or of this image
  double lift;          // share of the group's images that have the concept (above the mean by half a deviation), over that of all
};

struct Explanation {
  int64_t group;  // cluster, or row of the image
  int64_t size;   // images in the cluster; 1 for an image
  std::vector<ExplainedConcept> concepts;  // all of them
};

struct Explanations {
  std::string method;
  std::vector<Explanation> clusters, images;
  double completeness_error = 0;  // largest, relative to the largest |F(x) - F(b)|
};

// x (N, K) standardised concepts, centers (C, L), clusters (N) i64. Images are explained when `images` is set (all rows).
Explanations explain(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters,
                     const Ranking& ranking = {}, bool images = true);
// (N, K): what explain() sorts the images' concepts by.
Tensor image_contributions(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters,
                           const Ranking& ranking = {}, double* completeness_error = nullptr);

// What names are counted from (models/labels.h): contributions that decide. `contributions` itself, except where the method
// ranks by what is there alone: then those of `ig`.
Tensor label_contributions(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters, ExplanationMethod method,
                           const Tensor& contributions);

// How much the named concepts decide: for m = 0 .. at_most concepts of each image's cluster explanation,
// deletion[m]: share of images that stay in their cluster when the first m are set to the training mean (0);
// insertion[m]: share that reach it from the mean when only the first m keep their values.
struct InfluenceCurves {
  std::vector<double> deletion, insertion;
};
InfluenceCurves influence_curves(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters,
                                 const std::vector<std::vector<int64_t>>& cluster_rankings, int64_t at_most = 8);
// The control: concepts in random order, one order per cluster.
std::vector<std::vector<int64_t>> random_rankings(int64_t clusters, int64_t concepts, uint64_t seed);
std::vector<std::vector<int64_t>> rankings_of(const std::vector<Explanation>& explanations);

}  // namespace ceir
