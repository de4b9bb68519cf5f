#include "models/edit.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "kernels/base/closest.h"
#include "models/check.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

Tensor distances_to(const Tensor& mu, const Tensor& centers) {  // (L), (C, L) -> (C)
  const auto m = mu.values();
  const Tensor c = centers.to(DType::f64).contiguous();
  Tensor result = Tensor::empty({centers.dim(0)}, DType::f64);
  for (int64_t i = 0; i < centers.dim(0); i++) {
    double sum = 0;
    for (size_t j = 0; j < m.size(); j++) {
      const double d = m[j] - c.data<double>()[static_cast<size_t>(i) * m.size() + j];
      sum += d * d;
    }
    result.data<double>()[i] = std::sqrt(sum);
  }
  return result;
}

int64_t nearest(const Tensor& distances) {
  const auto d = distances.values();
  return std::min_element(d.begin(), d.end()) - d.begin();
}

}  // namespace

ConceptEdit parse_concept_edit(const std::string& text) {
  const auto equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0)
    usage_error("'{}' is not NAME=VALUE (for example \"red barn=2\"; 0 is the mean of the training images, 1 one deviation above)", text);
  const std::string_view number = std::string_view(text).substr(equals + 1);
  const std::string_view digits = number.starts_with('+') ? number.substr(1) : number;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
    usage_error("'{}': '{}' is not a number", text, number);
  return {text.substr(0, equals), value};
}

ConceptEdit removal_of(const std::string& concept_name) { return {concept_name, 0}; }

EditResult edit_concepts(const Vae& vae, const Tensor& x, const std::vector<std::string>& concepts, const Tensor& centers,
                         const std::vector<std::string>& names, const std::vector<ConceptEdit>& edits) {
  NoTape none;
  const auto k = static_cast<int64_t>(concepts.size());
  if (k != vae.concepts()) bad_input("edit: {} concept names for a VAE of {}", k, vae.concepts());
  if (x.numel() != k) bad_input("edit: the image has {} concepts, expected {}", x.numel(), k);
  require_matrix("edit: centres", centers, 1, vae.latent());
  if (!names.empty() && static_cast<int64_t>(names.size()) != centers.dim(0))
    bad_input("edit: {} names for {} clusters", names.size(), centers.dim(0));
  EditResult r;
  r.concepts_before = x.to(vae.precision()).reshaped({k}).clone();
  require_finite("edit: concept vector", r.concepts_before);
  r.concepts_after = r.concepts_before.clone();
  for (const ConceptEdit& edit : edits) {
    const auto found = std::find(concepts.begin(), concepts.end(), edit.concept_name);
    if (found == concepts.end()) {
      const std::string meant = closest(edit.concept_name, concepts);
      usage_error("concept '{}' is not among the {} that were kept{}", edit.concept_name, k,
                  meant.empty() ? std::string() : fmt::format("; did you mean '{}'?", meant));
    }
    if (!std::isfinite(edit.value)) usage_error("concept '{}': {} is not a finite number", edit.concept_name, edit.value);
    const int64_t i = found - concepts.begin();
    r.concepts_after.rows(i, i + 1).fill(edit.value);
  }
  const auto encode = [&](const Tensor& row) { return vae.latents(row.reshaped({1, k})).reshaped({vae.latent()}); };
  r.latent_before = encode(r.concepts_before), r.latent_after = encode(r.concepts_after);
  r.distances_before = distances_to(r.latent_before, centers), r.distances_after = distances_to(r.latent_after, centers);
  r.cluster_before = nearest(r.distances_before), r.cluster_after = nearest(r.distances_after);
  if (!names.empty()) {
    r.label_before = names[static_cast<size_t>(r.cluster_before)];
    r.label_after = names[static_cast<size_t>(r.cluster_after)];
  }
  const auto before = r.latent_before.values(), after = r.latent_after.values();
  double sum = 0;
  for (size_t j = 0; j < before.size(); j++) sum += (after[j] - before[j]) * (after[j] - before[j]);
  r.latent_shift = std::sqrt(sum);
  return r;
}

}  // namespace ceir
